// Loaded before tap's hooks: through these, the 200 modules of TypeBox take ten times as long as without.
delete process.env.NODE_OPTIONS // it is for this process, not for its children
await Promise.all(['fastify', '@fastify/jwt', '@sinclair/typebox', 'file-type'].map((name) => import(name)))
