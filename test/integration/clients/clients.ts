import { readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { retryable, type CaseName, type Expected } from './cases.js'
import type { Protocol } from './host.js'

export type Command = readonly [program: string, ...args: string[]]

/** A program that has been installed and built. */
export interface Program {
  /** What the client's `tool` printed. */
  readonly tool: string
  /** A folder of this client's own, outside of the sources. */
  readonly cache: string
}

export interface Surroundings extends Program {
  /** The file of the server's certificate, in PEM. */
  readonly certificate: string
  /** The proxy that leads to the server whatever the address. */
  readonly proxy: URL
}

export interface Client {
  readonly sdk: string
  /** The file that pins what is installed, and where in it the SDK's version stands. */
  readonly pinned: readonly [file: string, version: RegExp]
  readonly protocols: readonly Protocol[]
  /** Fails where this machine can't run the client. */
  readonly tool: Command
  /** Run where the pinned file, or what `tool` prints, has changed; the cache is empty then. */
  readonly install?: (cache: string) => Command
  readonly build?: (cache: string) => Command
  /** The program. The file of its cases is added to its arguments. */
  readonly run: (surroundings: Surroundings) => Command
  /** Makes a trust store of the certificate, for a client that takes no PEM. */
  readonly trust?: (surroundings: Surroundings) => Command
  /** How this client is told to trust the certificate; HTTPS_PROXY is set for all. */
  readonly env: (surroundings: Surroundings) => Readonly<Record<string, string>>
  /** Where this client differs from what `cases.ts` expects, or can't send such a request at all. */
  readonly differs: Readonly<Partial<Record<CaseName, Expected | 'not sent'>>>
}

/** Where the programs are. */
export const sources = fileURLToPath(new URL('.', import.meta.url))

/** The SDK for TypeScript needs Node 22; 24 is the first that sends fetch through the proxy of the environment. */
const node24: Command = Number(process.versions.node.split('.')[0]) >= 24
  ? [process.execPath]
  : ['npx', '--yes', '--package=node@24', '--', 'node']

const notChunked = {
  'own photo of 17 KB, chunked': 'not sent', 'own photo of 3.9 MB, chunked': 'not sent', '503, chunked': 'not sent'
} as const

/** Takes a photo that is called an octet stream, which is what the SDK calls it, for a stream that can't be sent again. */
const noRetry = { '503 twice': retryable[503], '429 twice': retryable[429] } as const

export const clients = {
  python: {
    sdk: 'msgraph-sdk',
    pinned: ['python/requirements.txt', /^msgraph-sdk==(.*)$/m],
    protocols: ['HTTP/1.1', 'HTTP/2.0'],
    tool: ['python3', '-m', 'pip', '--version'],
    install: (cache) => [
      'python3', '-m', 'pip', 'install', '--quiet', '--no-compile', '--root-user-action=ignore', '--retries', '1',
      '--target', cache, '--requirement', `${sources}python/requirements.txt`
    ],
    run: () => ['python3', `${sources}python/client.py`],
    env: ({ cache, certificate }) => ({ SSL_CERT_FILE: certificate, PYTHONPATH: cache }),
    differs: { ...notChunked, ...noRetry }
  },
  go: {
    sdk: 'msgraph-sdk-go-core',
    pinned: ['go/go.mod', /msgraph-sdk-go-core v(.*)$/m],
    protocols: ['HTTP/1.1', 'HTTP/2.0'],
    tool: ['go', 'version'],
    build: (cache) => ['go', 'build', '-C', `${sources}go`, '-o', `${cache}/client`, '.'],
    run: ({ cache }) => [`${cache}/client`],
    env: ({ certificate }) => ({ SSL_CERT_FILE: certificate }),
    // Where it puts /me into a path it decodes the rest, so that a slash in an id becomes one of the path.
    differs: {
      ...notChunked,
      'own contact with / + =': { status: 404, code: 'ResourceNotFound', message: "Resource not found for the segment '$value'." }
    }
  },
  java: {
    sdk: 'microsoft-graph',
    pinned: ['java/pom.xml', /<artifactId>microsoft-graph<\/artifactId>\s*<version>(.*)<\/version>/],
    protocols: ['HTTP/1.1'],
    tool: ['mvn', '--version'],
    build: (cache) => [
      'mvn', '--quiet', '--batch-mode', '--file', `${sources}java/pom.xml`, `-Dcache=${cache}`,
      'compiler:compile', 'dependency:copy-dependencies'
    ],
    trust: ({ certificate }) => [
      'keytool', '-importcert', '-noprompt', '-file', certificate, '-keystore', `${certificate}.p12`, '-storepass', 'interop'
    ],
    run: ({ cache, certificate, proxy }) => [
      'java', `-Djavax.net.ssl.trustStore=${certificate}.p12`, '-Djavax.net.ssl.trustStorePassword=interop',
      `-Dhttps.proxyHost=${proxy.hostname}`, `-Dhttps.proxyPort=${proxy.port}`,
      '-cp', [`${cache}/classes`, `${cache}/dependencies/*`].join(delimiter), 'Client'
    ],
    env: () => ({}),
    differs: {}
  },
  typescript: {
    sdk: '@microsoft/msgraph-sdk',
    pinned: ['typescript/package-lock.json', /"@microsoft\/msgraph-sdk": "(.*)"/],
    protocols: ['HTTP/1.1'],
    tool: [...node24, '--print', 'process.execPath'],
    install: () => ['npm', 'ci', '--silent', '--prefix', `${sources}typescript`],
    build: () => ['npx', 'tsc', '--project', `${sources}typescript`],
    run: ({ tool }) => [tool, '--import', 'tsx', `${sources}typescript/client.ts`],
    env: ({ certificate }) => ({ NODE_EXTRA_CA_CERTS: certificate, NODE_USE_ENV_PROXY: '1' }),
    differs: { ...notChunked, ...noRetry }
  }
} as const satisfies Readonly<Record<string, Client>>

export function versionOf ({ pinned: [file, version] }: Client): string {
  return version.exec(readFileSync(`${sources}${file}`, 'utf8'))?.[1] ?? 'of an unknown version'
}

export type ClientName = keyof typeof clients
