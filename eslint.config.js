import neostandard from 'neostandard'

export default neostandard({ ts: true, ignores: ['dist/', '**/.bench/', '**/.tap/', '**/.stryker/', '**/node_modules/'] })
