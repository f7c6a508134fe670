import neostandard from 'neostandard'

export default neostandard({ ts: true, ignores: ['dist/', '**/.bench/', '**/.tap/', '**/node_modules/'] })
