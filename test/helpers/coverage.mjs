// Counting is slow where a loop runs millions of times. These cover nothing that others don't.
const uncounted = ['test/package/types.test.ts', 'test/photo/worst.test.ts']

export default (file) => uncounted.includes(file) ? null : []
