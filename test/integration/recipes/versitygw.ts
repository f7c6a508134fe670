import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ListBucketsCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Test } from 'tap'

const module = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'
const cache = fileURLToPath(new URL(`../../../node_modules/.cache/${module.replace(/.*@/, 'versitygw-')}`, import.meta.url))
const credentials = { accessKeyId: 'photos', secretAccessKey: 'a secret of these tests' }

/** An S3 server, built from its Go module once for this machine; without Go there is none, and the reason instead. */
export async function buildVersitygw (): Promise<string> {
  const program = join(cache, 'versitygw')
  if (await access(program).then(() => true, () => false)) return program
  await mkdir(cache, { recursive: true })
  await promisify(execFile)('go', ['install', '-trimpath', module], { env: { ...process.env, GOBIN: cache } })
  return program
}

/** A port that nobody listens on. */
export async function freePort (): Promise<number> {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo // a server on a port, not on a pipe
  await once(closed.close(), 'close')
  return port
}

export function clientOf (endpoint: string, more: S3ClientConfig = {}): S3Client {
  return new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials, ...more })
}

/** Starts the server over a folder of its own, and gives its address once it answers; it ends when the test does. */
export async function startVersitygw (t: Test, program: string): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`
  const root = t.testdir()
  const { accessKeyId, secretAccessKey } = credentials
  const args = ['--quiet', '--port', address, '--access', accessKeyId, '--secret', secretAccessKey, 'posix', root]
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const client = clientOf(`http://${address}`, { maxAttempts: 20 })
  await Promise.race([
    client.send(new ListBucketsCommand()),
    ended.then(() => { throw new Error('versitygw ended before it listened') })
  ])
  client.destroy()
  return `http://${address}`
}
