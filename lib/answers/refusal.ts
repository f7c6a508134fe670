import { GraphError } from './graph-error.js'
import { reasons, type ReasonName } from './reasons.js'
import { answers, type AnswerName } from './table.js'

/** Why a request is refused, in a code and a sentence. */
export interface Reason {
  readonly code: string
  readonly message: string
}

/**
 * A refusal as a value: the room that finds it returns it in place of its result, and only the plugin answers with it.
 * A class, so that nothing that a host hook returns can be taken for one.
 */
export class Refusal {
  readonly error: GraphError
  /** For the log. */
  readonly reason: Reason
  /** For the client, where the host wants to explain; the error itself says it all where there is none. */
  readonly shown: Reason | undefined

  constructor (error: GraphError, reason: Reason = error, shown?: Reason) {
    this.error = error
    this.reason = { code: String(reason.code), message: reason.message }
    this.shown = shown
  }
}

/** What the `{names}` of a message stand for. */
export type Facts = Readonly<Record<string, string | number>>

interface RefuseOptions {
  /** Another answer than the reason's own. */
  readonly answer?: AnswerName
  /** What went wrong below; logged, and never sent. */
  readonly cause?: unknown
}

/** A refusal for the named reason; the facts fill its message and the answer's. */
export function refuse (name: ReasonName, facts: Facts = {}, { answer = reasons[name][0], cause }: RefuseOptions = {}): Refusal {
  const [statusCode, code, message] = answers[answer]
  // Not by the constructor, which records a stack: 6 to 20 µs, and a refusal is not a fault. Where there is one, it is the cause.
  const error: GraphError = Object.assign(Object.create(GraphError.prototype), {
    name: 'GraphError', statusCode, code, message: filled(message, facts), retryAfter: undefined, headers: undefined, cause
  })
  const reason = { code: name, message: filled(reasons[name][1], facts) }
  return new Refusal(error, reason, reason)
}

/** The same refusal, of which the client is shown another reason. */
export function disguised (refusal: Refusal, name: ReasonName): Refusal {
  return new Refusal(refusal.error, refusal.reason, { code: name, message: reasons[name][1] })
}

/** A message with its facts in place. */
export function filled (message: string, facts: Facts): string {
  return message.replace(/\{(\w+)\}/g, (_placeholder, name: string) => String(facts[name]))
}
