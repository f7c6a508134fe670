import { readFileSync } from 'node:fs'

/** A proxy of Debian's, and how the test starts it. `files` are written into `folder`. */
export interface Proxy {
  readonly name: string
  readonly program: string
  /** Whether clients speak TLS to it. The file "certificate.pem" is in its folder then. */
  readonly tls?: boolean
  readonly files: (ports: Ports, folder: string) => Readonly<Record<string, string>>
  /** In the foreground, so that it ends when the test does. */
  readonly args: (ports: Ports, folder: string) => readonly string[]
}

export interface Ports {
  readonly proxy: number
  readonly app: number
}

const page = readFileSync(new URL('../../../.github/PROXIES.md', import.meta.url), 'utf8')

/** What the page "Behind a proxy" says in this language, for an application on this port. */
function snippet (language: string, { app }: Ports): string {
  const [, text] = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(page) ?? []
  if (text === undefined) throw new Error(`.github/PROXIES.md has no ${language}`)
  return text.replaceAll(/\b3000\b/g, String(app))
}

const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http']

/** Changes what the page says. */
type Change = (text: string) => string
const asItIs: Change = (text) => text

function apache (change: Change = asItIs): Proxy {
  return {
    name: 'Apache httpd',
    program: 'apache2',
    files: (ports, folder) => ({
      'apache.conf': `
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile apache.pid
ErrorLog error.log
ServerName localhost
User www-data
Group www-data
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
Listen 127.0.0.1:${ports.proxy}
<VirtualHost *>
${change(snippet('apache', ports))}</VirtualHost>
`
    }),
    args: (_ports, folder) => ['-D', 'FOREGROUND', '-f', `${folder}/apache.conf`]
  }
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

function nginx (name = 'nginx', change: Change = asItIs, tls = false): Proxy {
  return {
    name,
    program: 'nginx',
    tls,
    files: (ports, folder) => ({
      'nginx.conf': `
daemon off;
pid nginx.pid;
error_log error.log;
events {}
http {
  access_log off;
  ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  server {
    listen 127.0.0.1:${ports.proxy}${tls ? ' ssl' : ''};
    ${tls ? `ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/certificate.pem;` : ''}
${change(snippet('nginx', ports))}  }
}
`
    }),
    args: (_ports, folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log']
  }
}

function haproxy (name = 'HAProxy', tls = false): Proxy {
  return {
    name,
    program: 'haproxy',
    tls,
    files: (ports, folder) => ({
      'haproxy.cfg': `${snippet('haproxy', ports)}
frontend test
  bind 127.0.0.1:${ports.proxy}${tls ? ` ssl crt ${folder}/certificate.pem` : ''}
  default_backend graph
`
    }),
    args: (_ports, folder) => ['-db', '-f', `${folder}/haproxy.cfg`]
  }
}

const varnish: Proxy = {
  name: 'Varnish',
  program: 'varnishd',
  files: (ports) => ({ 'default.vcl': snippet('vcl', ports) }),
  args: ({ proxy }, folder) =>
    ['-F', '-j', 'none', '-n', `${folder}/work`, '-a', `127.0.0.1:${proxy}`, '-f', `${folder}/default.vcl`, '-s', 'malloc,32m']
}

/** A change of one thing that the page has; what the page doesn't have can't be changed. */
function replacing (what: string | RegExp, replacement: string): Change {
  return (text) => {
    const changed = text.replace(what, replacement)
    if (changed === text) throw new Error(`.github/PROXIES.md has no ${what}`)
    return changed
  }
}

export const proxies: readonly Proxy[] = [
  apache(),
  nginx(),
  nginx('nginx that buffers', replacing('proxy_request_buffering off', 'proxy_request_buffering on')),
  nginx('nginx with TLS', asItIs, true),
  haproxy(),
  haproxy('HAProxy with TLS', true),
  varnish
]

/** Each setting of the page left out, and the photo that then does not arrive. */
export const lacking: ReadonlyArray<{ readonly without: string, readonly proxy: Proxy, readonly photo: 'contact' | 'large' }> = [
  { without: 'AllowEncodedSlashes', proxy: apache(replacing(/^AllowEncodedSlashes.*$/m, '')), photo: 'contact' },
  { without: 'client_max_body_size', proxy: nginx('nginx', replacing(/client_max_body_size.*$/m, '')), photo: 'large' },
  { without: 'a proxy_pass that has no path', proxy: nginx('nginx', replacing(/(proxy_pass .*);/, '$1/v1.0/;')), photo: 'contact' }
]
