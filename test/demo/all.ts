import './demo.test.js'
import './files.test.js'
import './page.test.js'
import './store.test.js'
