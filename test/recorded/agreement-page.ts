import { type CaseDifference, type CoercionDifference, readDifferences, type SocketDifference } from './differences.ts';
import type { Replay } from './replay.ts';

/** The documentation's page on how far Cortado agrees with FastAPI. */
export function agreementPage(
  cases: Replay<CaseDifference>,
  coercion: Replay<CoercionDifference>,
  values: Replay<CoercionDifference>,
  sockets: Replay<SocketDifference>,
): string {
  const replays = [cases, coercion, values, sockets];
  const asked = replays.reduce((sum, replay) => sum + replay.asked, 0);
  const agreed = replays.reduce((sum, replay) => sum + replay.agreed, 0);
  const differences = readDifferences();
  return `# Agreement with FastAPI

Written by \`node scripts/write-agreement.ts\` from requests that were recorded from FastAPI 0.142.2 with Pydantic 2.13.5, asked again of
Cortado. ${agreed} of ${asked} answers (${percent(agreed, asked)}) agree in status, error types and places; a test fails when one that is not listed
below differs. Columns count the answers that agree in each respect; where there are no errors, type, loc and msg stand for the body.

JSON bodies are read with \`coerceBody: true\`, Pydantic's lax mode. Without it Cortado takes JSON as it is: \`"3"\` is not a number.

## Applications of the documentation

${cases.table.print()}

## Inputs of every kind

${coercion.table.print()}

## Values that JSON has no type for

${values.table.print()}

## Sockets

What clients of the documentation's three socket applications see, under uvicorn and here: the status of each handshake, each message, each close
with its code and reason, and what a plain GET of a socket's path is answered with. FastAPI refuses a handshake by an empty 403, whatever was
wrong; here it is the answer that a route gives, so of handshakes that both refuse the status alone is compared.

${sockets.table.print()}

## Intended differences

${[...byReason([...differences.coercion, ...differences.values], coercionLabel), ...byReason(differences.cases, caseLabel), ...byReason(differences.sockets, socketLabel)].join('\n')}

Beyond single answers, Cortado differs by design in what follows.

- \`guards\` answer before a byte of the body is read; FastAPI reads and parses it first, so malformed JSON is a 422 even for who may not enter.
- No dependency of \`params\` opens before all inputs are valid; FastAPI opens those whose own inputs are.
- Dependencies close before the answer is sent, so a failed commit is a 500; FastAPI sends first.
- JSON is taken as it is unless \`coerceBody\` is on.
- A value has at most 1,000 issues in a 422: a small body cannot make an answer of many times its size.
- An error before the first item of a stream has its own status; FastAPI has sent its 200 by then.
`;
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

function byReason<D extends { readonly reason: string }>(
  differences: readonly D[],
  label: (difference: D) => string,
): string[] {
  const groups = Map.groupBy(differences, ({ reason }) => reason);
  return [...groups].map(([reason, all]) => `- ${reason} (${all.map(label).join('; ')})`);
}

const caseLabel = (difference: CaseDifference): string => `\`${difference.case}\`, request ${difference.index + 1}`;

const socketLabel = (difference: SocketDifference): string => `\`websockets_.${difference.app}\`, ${difference.case}`;

function coercionLabel({ kind, in: place, input }: CoercionDifference): string {
  return [kind, place, input === undefined ? undefined : `\`${JSON.stringify(input)}\``].filter(Boolean).join(', ');
}
