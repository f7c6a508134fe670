import './architecture.test.js'
import './graph-envelope.test.js'
import './order.test.js'
import './parity.test.js'
