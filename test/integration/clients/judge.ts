import { deepStrictEqual } from 'node:assert/strict'
import type { PhotoTarget } from '../../../lib/index.js'
import { tenantId, userId, userPrincipalName } from '../../helpers/tokens.js'
import { bodies, type Case, type Path } from './cases.js'
import type { Arrival, Protocol, Saved } from './host.js'

/** What a program prints for each request: what its SDK made of the answer. */
export interface Outcome {
  readonly name: string
  readonly accepted?: true
  readonly status?: number
  readonly code?: string
  readonly message?: string
  readonly requestId?: string
  readonly clientRequestId?: string
  /** Anything else that became of it. */
  readonly failure?: string
}

export interface Evidence {
  readonly outcomes: readonly Outcome[]
  readonly arrivals: readonly Arrival[]
  readonly saved: readonly Saved[]
}

/** Throws an error that shows the difference where the client saw, or the server got, anything else than the case expects. */
export function assertPassed (tested: Case, protocol: Protocol, { outcomes, arrivals, saved }: Evidence): void {
  const { path, body = 'small', chunked = false, times = 1, expect: { requests = 1, ...answer } } = tested
  const isAccepted = 'accepted' in answer
  deepStrictEqual({
    outcomes: outcomes.map((outcome) => told(outcome, arrivals)),
    requests: arrivals.map((arrival) => ({ protocol: arrival.protocol, ...(chunked && { chunked: arrival.chunked }) })),
    saved: saved.map(({ target, data }) => ({ target, isWhole: data.equals(bodies[body]) }))
  }, {
    outcomes: Array(times).fill(isAccepted ? answer : { ...answer, ids: 'as answered' }),
    requests: Array(times * requests).fill({ protocol, ...(chunked && { chunked }) }),
    saved: Array(isAccepted ? times : 0).fill({ target: targetOf(path), isWhole: true })
  })
}

/** An outcome, with the request ids of an error compared with those that were answered. */
function told ({ name, requestId, clientRequestId, ...answer }: Outcome, arrivals: readonly Arrival[]) {
  if (answer.status === undefined) return answer
  const isAnswered = arrivals.some((arrival) => arrival.requestId === requestId && arrival.clientRequestId === clientRequestId)
  return { ...answer, ids: isAnswered ? 'as answered' : { requestId, clientRequestId } }
}

/** The target of a path, as the plugin hands it on. */
function targetOf ({ root, id = userId, folder, childFolder, contact }: Path): PhotoTarget {
  if (root === 'groups') return { tenantId, kind: 'group', groupId: id }
  const user = id === userPrincipalName ? userId : id.toLowerCase()
  if (contact === undefined) return { tenantId, kind: 'user', userId: user }
  const contactFolderId = childFolder ?? folder
  return { tenantId, kind: 'contact', userId: user, contactId: contact, ...(contactFolderId && { contactFolderId }) }
}
