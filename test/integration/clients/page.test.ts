import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { linkedConsumer, projectFile, run, write } from '../../package/project.js'
import { runServer } from '../../package/readme.js'

const page = await readFile(projectFile('.github/CLIENTS.md'), 'utf8')
const [, section = ''] = page.split('\n## A server for your tests\n')
const [certificate = '', server = '', client = ''] = [...section.matchAll(/```(?:sh|js)\n([^]*?)```/g)].map(([, code]) => code)
const portrait = 'test/fixtures/portrait.jpg'
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

t.test("the page's server takes a photo of the page's client, which reads it back", { skip: hasOpenssl ? false : 'openssl is not installed' }, async (t) => {
  const consumer = await linkedConsumer(t)
  const installed = fileURLToPath(new URL('../node_modules/@microsoft/microsoft-graph-client', import.meta.url))
  await mkdir(join(consumer, 'node_modules/@microsoft'))
  await symlink(installed, join(consumer, 'node_modules/@microsoft/microsoft-graph-client'), 'junction')
  await copyFile(projectFile(portrait), join(consumer, 'photo.jpg'))
  await run(consumer, 'bash', '-c', certificate)
  const { url, printed } = await runServer(t, consumer, server)
  const local = client.replace(':3000', `:${new URL(url).port}`)
  const runClient = async (code: string) => {
    await write(consumer, { 'client.mjs': code })
    return run(consumer, 'env', 'NODE_EXTRA_CA_CERTS=cert.pem', process.execPath, 'client.mjs')
  }

  const { size } = await stat(projectFile(portrait))
  t.match(await runClient(local), `size: ${size}, type: 'image/jpeg'`)
  t.match(printed(), '"msg":"photo saved"')
  await t.rejects(runClient(local.replace(/(baseUrl: '[^']+)/, '$1/v1.0')), /statusCode: 404/, 'the client adds the version itself')
  await t.rejects(runClient(local.replace("['localhost']", "['localhost:3000']")), /Access token is empty\./, 'hosts have no port')
})
