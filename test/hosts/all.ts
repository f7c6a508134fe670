import './hosts.test.js'
import './jwt.test.js'
import './protocols.test.js'
import './siblings.test.js'
