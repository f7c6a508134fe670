import type { Script } from './bursts.js'
import type { Played } from './client.js'
import type { FuzzHost } from './hosts.js'
import type { Written } from './requests.js'

export interface Case {
  readonly host: FuzzHost
  readonly closes: boolean
  readonly connections: ReadonlyArray<{ readonly script: Script, readonly played: Played }>
}

/** What must hold once all clients of a case have gone; each sentence is a finding. */
export function judge ({ host, closes, connections }: Case): readonly string[] {
  const findings: string[] = []
  const { saves, lines } = host.seen
  const asked = connections.flatMap(({ script }) => script.requests)
  const isMeantToFail = ({ failure }: Written) => host.fails && failure !== undefined

  for (const { level, msg } of lines) {
    if (level >= 50 && !asked.some(isMeantToFail)) findings.push(`the server blames itself, in a line at level ${level}: ${msg}`)
  }
  for (const [id, count] of saves) {
    if (count > 1) findings.push(`${id} is saved ${count} times`)
    const own = linesOf(id).filter(({ msg }) => msg.startsWith('photo saved'))
    if (own.length !== 1) findings.push(`${id} is saved, and has ${own.length} lines that say so`)
  }
  for (const { photo, msg } of lines) {
    const id = photo?.clientRequestId
    if (id !== undefined && msg.startsWith('photo saved') && !saves.has(id)) findings.push(`a line says that ${id} is saved, and it is not`)
  }
  for (const { script, played } of connections) judgeConnection(script, played)
  return findings

  function linesOf (id: string) {
    return lines.filter(({ photo }) => photo?.clientRequestId === id)
  }

  function judgeConnection ({ requests, isRegular, leaving }: Script, { answers, isReadToEnd, isStuck }: Played): void {
    if (isStuck) findings.push(`a client waits in vain: ${answers.length} answers to ${requests.length} requests, then nothing, and no end`)
    for (const { status, id } of answers) {
      const request = requests.find((written) => written.id === id)
      // What is nested in another's body has no id of its own, and what Node refuses has none either.
      if (id === undefined || request === undefined) continue
      const isSaved = saves.has(id)
      if (status === 200 && !isSaved) findings.push(`${id} is answered 200, and is not saved`)
      const mayBeSaved = status === 200 || (isMeantToFail(request) && status === 500)
      if (isSaved && !mayBeSaved) findings.push(`${id} is answered ${status}, and is saved`)
      const own = linesOf(id)
      if (own.length > 1 || (own[0] !== undefined && own[0].photo?.status !== status)) {
        findings.push(`${id} is answered ${status}, and its lines say ${own.map(({ photo }) => photo?.status).join(', ') || 'nothing'}`)
      }
      if (isMeantToFail(request)) continue
      if (status >= 500 && !closes) findings.push(`${id} is answered ${status}`)
      const isGood = request.isGood(host.abilities)
      if (status === 200 && !isGood) findings.push(`${id} is answered 200, and is not good`)
      if (status !== 200 && isGood && isRegular && !closes) findings.push(`${id} is answered ${status}, and is good`)
    }
    if (closes) return
    const lastAnswered = answers.findIndex(({ closes }) => closes)
    const due = lastAnswered === -1 ? requests.length : lastAnswered + 1
    if (isRegular && answers.length !== due) findings.push(`${answers.length} answers to ${requests.length} requests, and ${due} were due`)
    for (const { id } of requests) {
      const couldRead = isRegular || (isReadToEnd && leaving === 'answered' && !linesOf(id).some(({ msg }) => msg.includes('gone')))
      const isAnswered = answers.some((answer) => answer.id === id)
      if (couldRead && saves.has(id) && !isAnswered) findings.push(`${id} is saved, and its client reads no answer`)
    }
  }
}
