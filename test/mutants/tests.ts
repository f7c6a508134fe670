// Runs test files of test/ in this one process, as a file takes a second or more to start: node --import tsx tests.ts photo/gif photo/png
// It stops at the first failure.
process.env['TAP_BAIL'] = '1'
// Whoever runs this has a time limit of its own.
process.env['TAP_TIMEOUT'] = '0'
for (const name of process.argv.slice(2)) await import(new URL(`../${name}.test.ts`, import.meta.url).href)
