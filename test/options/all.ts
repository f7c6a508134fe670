import './jwt.test.js'
import './messages.test.js'
import './names.test.js'
import './options.test.js'
