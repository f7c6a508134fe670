// `node .ci/at-once.mjs lint typecheck` runs scripts of package.json beside one another, since each keeps one core busy; fails if one does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const ends = process.argv.slice(2).map((script) => once(spawn(`npm run ${script}`, { shell: true, stdio: 'inherit' }), 'close'))
const codes = await Promise.all(ends)
process.exitCode = codes.every(([code]) => code === 0) ? 0 : 1
