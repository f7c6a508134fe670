import { accessReasons } from '../../lib/answers/reasons-access.js'
import { bodyReasons } from '../../lib/answers/reasons-body.js'
import { photoReasons } from '../../lib/answers/reasons-photo.js'
import { tokenReasons } from '../../lib/answers/reasons-token.js'
import type { ReasonRow } from '../../lib/answers/reason-row.js'
import { answers } from '../../lib/answers/table.js'

const sections: ReadonlyArray<readonly [heading: string, reasons: Readonly<Record<string, ReasonRow>>]> = [
  ['Tokens', tokenReasons],
  ['Callers, targets and host hooks', accessReasons],
  ['Bodies', bodyReasons],
  ['Pictures', photoReasons]
]

const introduction = `# Reasons

The log line of every refused request has a reason in \`photo.why\`, as \`{ code, message }\`. With the option \`explain\` the answer has it
too, as OData's \`error.details\`; a 5xx has none. A signed-in user who addresses another user's photo or contacts is always shown
\`notOwn\`, so that users can't find out who exists; the log has the true reason.

\`{names}\` stand for facts: what was found, and what is accepted. A reason never quotes a token, a secret or a picture. An error that your
own hook throws as a \`GraphError\` is its own reason, with its code and message.

This page is written by \`npm run reasons\`, and a test compares it with the code.
`

function cell (text: string): string {
  return text.replaceAll('|', '\\|')
}

function rows (reasons: Readonly<Record<string, ReasonRow>>): string {
  return Object.entries(reasons).map(([code, [answer, message, remedy]]) =>
    `| \`${code}\` | ${answers[answer][0]} | ${cell(message)} | ${cell(remedy)} |`).join('\n')
}

/** The page of reasons, as it should be. */
export const reasonsPage = [introduction, ...sections.map(([heading, reasons]) => `
## ${heading}

| code | status | what it says | what to do |
|---|---|---|---|
${rows(reasons)}
`)].join('')
