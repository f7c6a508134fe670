import './demo.test.js'
import './page.test.js'
import './store.test.js'
