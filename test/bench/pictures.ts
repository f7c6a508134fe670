// How long the picture check holds the event loop: npm run bench:pictures
import { cpus } from 'node:os'
import sharp from 'sharp'
import { checkPhoto } from '../../lib/photo/index.js'
import { summarize, type Summary } from './statistics.js'
import { printTable, show } from './tables.js'
import { worstPictures } from './worst-pictures.js'

const limits = { imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'], maxPixels: 100_000_000 } as const
const rounds = 15

/** Milliseconds, at most. */
const mostPerMegabyte = 3
const mostOfWorst = 45

/** Milliseconds of the process's CPU time. */
function cpuTime (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Of each round the time of as many checks as take 20 ms or more, since the clock of CPU time ticks coarsely. */
async function measure (bytes: Buffer): Promise<Summary> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = cpuTime()
    let checks = 0
    do {
      await checkPhoto(bytes, limits)
      checks++
    } while (cpuTime() - start < 20)
    times.push((cpuTime() - start) / checks)
  }
  return summarize(times)
}

const holds = (median: number, most: number): string => median <= most ? 'holds' : 'falls short'

const noise = (side: number) => sharp({
  create: { width: side, height: side, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 40 } }
})
const photos = Object.fromEntries(await Promise.all([40, 160, 1100].flatMap((side) => [
  noise(side).jpeg({ quality: 95 }), noise(side).jpeg({ progressive: true }), noise(side).png(), noise(side).gif(),
  noise(side).webp(), noise(side).webp({ lossless: true })
].map(async (picture, index) => {
  const label = ['JPEG', 'JPEG, progressive', 'PNG', 'GIF', 'WebP', 'WebP, lossless'][index]
  return [`${label}, ${side} x ${side}`, await picture.toBuffer()] as const
}))))

console.log(`${cpus()[0]?.model.trim()}, Node.js ${process.version}, CPU time: median (min–max) of ${rounds} rounds`)

const ofPhotos = []
for (const [label, bytes] of Object.entries(photos).sort()) {
  const time = await measure(bytes)
  const megabytes = bytes.length / 1e6
  // Below a tenth of a megabyte the few microseconds of a call count, not those of its bytes.
  const goal = megabytes < 0.1 ? '' : holds(time.median / megabytes, mostPerMegabyte)
  ofPhotos.push([label, megabytes.toFixed(3), show(time, 3), (time.median / megabytes).toFixed(2), goal])
}
printTable('Photos', ['photo', 'MB', 'ms', 'ms a MB', `at most ${mostPerMegabyte}`], ofPhotos)

const ofWorst = []
for (const [label, bytes] of Object.entries(worstPictures)) {
  const time = await measure(bytes)
  ofWorst.push([label, show(time, 1), holds(time.median, mostOfWorst)])
}
printTable('The worst 4 MiB', ['bytes', 'ms', `at most ${mostOfWorst}`], ofWorst)
