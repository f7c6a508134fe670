// Preloaded by tap: what imports 'fastify-graph-photo', as the recipes do, gets the sources, not what was built last.
import { register } from 'node:module'

register('./sources-hooks.mjs', import.meta.url)
