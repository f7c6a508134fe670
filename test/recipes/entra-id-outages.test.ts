import t, { type Test } from 'tap'
import { assertError, errorsIn } from '../helpers/host.js'
import { served, type Served } from '../helpers/served.js'
import { claims, tenantId } from '../helpers/tokens.js'
import { entraId } from './entra-id.js'
import { issuer, type Issuer, type Mood } from './issuer.js'

const clientId = 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1'
const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes

interface Setting extends Served {
  readonly entra: Issuer
  /** Sends with a token that this key signs. */
  readonly sendWith: (kid?: string) => ReturnType<Served['send']>
  /** Moves the clock by which keys and tokens grow old. */
  readonly wait: (milliseconds: number) => void
}

/** @param timeout where Entra ID is silent; a busy machine may take longer for an answer that comes */
async function setting (t: Test, timeout = 100): Promise<Setting> {
  const entra = await issuer(t)
  const server = await served(t, { jwt: entraId({ tenantId, clientId, authority: entra.origin, timeout }) })
  const signalAfter = AbortSignal.timeout.bind(AbortSignal)
  t.intercept(AbortSignal, 'timeout', { value: (asked: number) => signalAfter(/silent/.test(entra.mood) ? asked : 60 * seconds) })
  const now = Date.now.bind(Date)
  let waited = 0
  t.intercept(Date, 'now', { value: () => now() + waited })
  const token = (kid?: string): string => entra.token(
    claims({ iss: `${entra.origin}/${tenantId}/v2.0`, aud: clientId, exp: Math.floor((now() + 100 * hours) / 1000) }), { kid })
  return {
    ...server,
    entra,
    sendWith: (kid = '1') => server.send(token(kid)),
    wait (milliseconds) { waited += milliseconds }
  }
}

const unavailable = { statusCode: 503, code: 'ServiceUnavailable', message: /^The keys .* cannot be read\.$/ }
const tokenInvalid = { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure.' }

type Outage = readonly [name: string, begin: (entra: Issuer) => unknown, end: (entra: Issuer) => unknown]

const moods: readonly Mood[] = [
  'resets', 'is silent', 'falls silent after the head', 'falls silent within the keys', 'answers 503 in HTML', 'answers 200 in HTML',
  'answers 429', 'answers with something else', 'leads elsewhere'
]

const outages: readonly Outage[] = [
  ['refuses connections', (entra) => entra.stop(), (entra) => entra.start()],
  ...moods.map((mood): Outage => [mood, (entra) => { entra.mood = mood }, (entra) => { entra.mood = 'up' }])
]

for (const [name, begin, end] of outages) {
  t.test(`where Entra ID ${name}`, async (t) => {
    await t.test('no request waits long for a 503 that says when to retry, and the next request asks again', async (t) => {
      const { entra, sendWith, saved, logs } = await setting(t)
      await begin(entra)
      for (const attempt of [1, 2]) {
        const started = performance.now()
        const answer = await sendWith()
        assertError(t, answer, unavailable)
        t.equal(answer.headers['retry-after'], '5')
        t.ok(performance.now() - started < 5 * seconds, `attempt ${attempt}`)
      }
      await end(entra)
      t.equal((await sendWith()).statusCode, 200)
      t.equal(saved.length, 1)
      t.strictSame(logs.filter(({ msg }) => msg === 'photo refused').length, 2)
    })

    await t.test('known keys serve for a day, without a wait before they are ten minutes old', async (t) => {
      const { entra, sendWith, wait } = await setting(t)
      t.equal((await sendWith()).statusCode, 200)
      await begin(entra)
      const before = entra.reads()
      t.equal((await sendWith()).statusCode, 200)
      t.equal(entra.reads(), before, 'the issuer was not asked')
      wait(31 * seconds)
      assertError(t, await sendWith('new'), unavailable)
      for (const time of [11 * minutes, 12 * hours, 11 * hours]) {
        wait(time)
        t.equal((await sendWith()).statusCode, 200)
      }
      wait(2 * hours)
      assertError(t, await sendWith(), unavailable)
      await end(entra)
      t.equal((await sendWith()).statusCode, 200)
    })
  })
}

t.test('a silent Entra ID is waited for by one request in 30 s, where the key is known', async (t) => {
  const { entra, sendWith, wait } = await setting(t)
  await sendWith()
  entra.mood = 'is silent'
  wait(11 * minutes)
  const before = entra.reads()
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => sendWith()))) t.equal(answer.statusCode, 200)
  await sendWith()
  t.equal(entra.reads() - before, 1)
  wait(31 * seconds)
  await sendWith()
  t.equal(entra.reads() - before, 2)
})

t.test('unless told otherwise, it waits for 2 s, and so a request for less than 5 s', async (t) => {
  const waits: number[] = []
  const entra = await issuer(t)
  t.intercept(AbortSignal, 'timeout', { value: (milliseconds: number) => { waits.push(milliseconds); return AbortSignal.abort() } })
  const { send } = await served(t, { jwt: entraId({ tenantId, clientId, authority: entra.origin }) })
  assertError(t, await send(entra.token(claims())), unavailable)
  t.strictSame(waits, [2 * seconds])
})

t.test('invented key ids make it ask once in 30 s, however many they are, and are not an error of the server', async (t) => {
  const { entra, sendWith, wait, logs } = await setting(t)
  await sendWith()
  const invent = async (count: number, at: string): Promise<void> => {
    for (let made = 0; made < count; made++) assertError(t, await sendWith(`invented ${at} ${made}`), tokenInvalid)
  }
  await invent(10, 'at once')
  t.equal(entra.reads(), 1)
  wait(31 * seconds)
  await invent(10, 'later')
  t.equal(entra.reads(), 2)
  t.equal((await sendWith()).statusCode, 200, 'and keep no other caller out')
  t.strictSame(errorsIn(logs), [])
})

t.test('while Entra ID is silent, it is asked for invented key ids one at a time', async (t) => {
  const { entra, sendWith, wait } = await setting(t, 1500)
  await sendWith()
  entra.mood = 'is silent'
  wait(31 * seconds)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => sendWith(`invented ${at}`)))
  for (const answer of answers) assertError(t, answer, unavailable)
  t.equal(entra.reads(), 2)
})

t.test('a key is found half a minute after it was published, and forgotten ten minutes after it was withdrawn', async (t) => {
  const { entra, sendWith, wait } = await setting(t)
  t.equal((await sendWith('1')).statusCode, 200)
  entra.publish('1', '2')
  wait(31 * seconds)
  t.equal((await sendWith('2')).statusCode, 200)
  t.equal((await sendWith('1')).statusCode, 200)
  entra.publish('2')
  wait(10 * minutes + 1)
  assertError(t, await sendWith('1'), tokenInvalid)
  t.equal((await sendWith('2')).statusCode, 200)
  t.equal(entra.reads(), 3)
})

t.test('a token that names no key is refused without asking the issuer', async (t) => {
  const { entra, send, logs } = await setting(t)
  const [, payload = '', signature = ''] = entra.token(claims()).split('.')
  const header = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url')
  assertError(t, await send(`${header}.${payload}.${signature}`), tokenInvalid)
  t.equal(entra.reads(), 0)
  t.strictSame(errorsIn(logs), [])
})
