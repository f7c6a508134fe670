import './content-types.test.js'
import './fetch.test.js'
