import type { AnswerName } from './table.js'

/** How a refusal is answered, what is wrong (`{names}` stand for facts), and what to do about it. */
export type ReasonRow = readonly [answer: AnswerName, message: string, remedy: string]
