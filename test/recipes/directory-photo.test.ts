import t from 'tap'
import type { Photo } from '../../lib/index.js'
import { assertError, host, put } from '../helpers/host.js'
import { userId } from '../helpers/tokens.js'
import { exceptDirectoryPhotos } from './directory-photo.js'

const url = '/v1.0/groups/designers/photo/$value'

t.test('a photo that the directory takes care of is refused with 409, and the reason', async (t) => {
  const saved: Photo[] = []
  const savePhoto = exceptDirectoryPhotos(
    async (target) => target.kind === 'user' && target.userId === userId,
    (photo) => { saved.push(photo) }
  )
  const { app } = await host(t, { savePhoto })
  assertError(t, await put(app), {
    statusCode: 409, code: 'Conflict', message: "This photo comes from your organization's directory. Change it there."
  })
  t.equal(saved.length, 0)

  t.equal((await put(app, { url })).statusCode, 200)
  t.equal(saved.length, 1, 'another photo is saved')
})

t.test('where the directory does not answer, nothing is saved', async (t) => {
  const { app } = await host(t, {
    savePhoto: exceptDirectoryPhotos(async () => { throw new Error('the directory is down') }, () => { t.fail('saved') })
  })
  assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
})
