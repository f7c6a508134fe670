import './gif.test.js'
import './jpeg.test.js'
import './png.test.js'
import './webp.test.js'
