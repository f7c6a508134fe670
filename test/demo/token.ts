// npm run --silent token -- --as NAME [permissions…]
import { askedToken } from './asked-token.js'

try {
  console.log(await askedToken(process.argv.slice(2), process.env))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(2)
}
