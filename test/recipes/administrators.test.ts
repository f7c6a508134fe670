import t from 'tap'
import { assertError } from '../helpers/host.js'
import { served } from '../helpers/served.js'
import { appClaims, claims, token, userId } from '../helpers/tokens.js'
import { orAdministrators, photoAdministrators } from './administrators.js'

const [globalAdministrator = '', userAdministrator = ''] = photoAdministrators
const groupsAdministrator = 'fdd7a751-b60b-444a-984c-02652fe8fa1c'
// What Entra ID writes into everybody's token: that of a user without any role.
const everybody = 'b79fbf4d-3ef9-4689-8143-76b194e85509'
const someone = '/v1.0/users/11111111-1111-4111-8111-111111111111'
const accessDenied = { statusCode: 403, code: 'ErrorAccessDenied' }

const tokenOf = (scp: string, ...wids: readonly string[]): string => token(claims({ scp, wids: [everybody, ...wids] }))

for (const role of photoAdministrators) {
  t.test(`an administrator (${role}) changes any user's photo, with a permission for all users`, async (t) => {
    const { send, saved } = await served(t, { authorize: orAdministrators() })
    for (const scp of ['User.ReadWrite.All', 'ProfilePhoto.ReadWrite.All', 'User.ReadWrite User.ReadWrite.All']) {
      t.equal((await send(tokenOf(scp, role), `${someone}/photo/$value`)).statusCode, 200, scp)
    }
    t.match(saved, [{}, {}, { context: { caller: { kind: 'delegated', id: userId }, isOwn: false } }])
    assertError(t, await send(tokenOf('User.ReadWrite', role), `${someone}/photo/$value`), accessDenied)
    t.equal((await send(tokenOf('User.ReadWrite', role))).statusCode, 200, 'their own needs no more than it does for others')
  })
}

t.test("an administrator does not change other users' contacts", async (t) => {
  const { send, saved } = await served(t, { authorize: orAdministrators() })
  const held = tokenOf('User.ReadWrite.All Contacts.ReadWrite', globalAdministrator)
  assertError(t, await send(held, `${someone}/contacts/c/photo/$value`), accessDenied)
  t.equal(saved.length, 0)
})

t.test('a user who is not an administrator changes what Graph lets them change, and no more', async (t) => {
  const { send } = await served(t, { authorize: orAdministrators() })
  const held = 'User.ReadWrite.All ProfilePhoto.ReadWrite.All Group.ReadWrite.All'
  for (const user of [tokenOf(held), tokenOf(held, groupsAdministrator), token(claims({ scp: held, roles: photoAdministrators }))]) {
    assertError(t, await send(user, `${someone}/photo/$value`), accessDenied)
    t.equal((await send(user)).statusCode, 200)
    t.equal((await send(user, '/v1.0/groups/g/photo/$value')).statusCode, 200)
  }
  // An app's token may name directory roles too; they give it nothing.
  const app = token(appClaims({ wids: photoAdministrators, roles: ['Contacts.ReadWrite'] }))
  assertError(t, await send(app, `${someone}/photo/$value`), accessDenied)
  t.equal((await send(token(appClaims()), `${someone}/photo/$value`)).statusCode, 200)
})

t.test("a tenant's policy of allowed roles keeps all others from users' photos, their own included", async (t) => {
  const { send } = await served(t, { authorize: orAdministrators([userAdministrator]) })
  const held = 'User.ReadWrite User.ReadWrite.All Group.ReadWrite.All Contacts.ReadWrite'
  for (const user of [tokenOf(held), tokenOf(held, globalAdministrator)]) {
    assertError(t, await send(user), accessDenied)
    assertError(t, await send(user, `${someone}/photo/$value`), accessDenied)
    t.equal((await send(user, '/v1.0/me/contacts/c/photo/$value')).statusCode, 200, 'contacts are not users')
    t.equal((await send(user, '/v1.0/groups/g/photo/$value')).statusCode, 200, 'nor are groups')
  }
  const allowed = tokenOf(held, userAdministrator)
  t.equal((await send(allowed)).statusCode, 200)
  t.equal((await send(allowed, `${someone}/photo/$value`)).statusCode, 200)
})

t.test('an allowed role that is none of the three opens no photo but one\'s own', async (t) => {
  const { send } = await served(t, { authorize: orAdministrators([groupsAdministrator]) })
  const held = tokenOf('User.ReadWrite.All', groupsAdministrator)
  t.equal((await send(held)).statusCode, 200)
  assertError(t, await send(held, `${someone}/photo/$value`), accessDenied)
})
