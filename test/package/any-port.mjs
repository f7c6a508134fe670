// Preloaded into a program that wants port 3000: it gets a free one, and its parent is told which.
import { Server } from 'node:net'

const { listen } = Server.prototype

Server.prototype.listen = function (options, ...rest) {
  if (options.port !== 3000) return listen.call(this, options, ...rest)
  this.once('listening', () => process.send(this.address().port))
  return listen.call(this, { ...options, port: 0 }, ...rest)
}
