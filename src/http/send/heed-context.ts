import { hasSetHeader, hasSetHeaders, hasSetStatus, type RequestContext } from '../request/context.ts';
import type { Answer } from '../respond/answer.ts';

// What `new Response(text)` and `Response.json()` say where nobody says anything.
const defaults: readonly string[] = ['text/plain;charset=UTF-8', 'application/json'];

/**
 * An answer with the status and the headers that were set through the context: they go before what the kind of answer would say, and behind
 * what the handler's own `Response` says. A `Response` that says nothing has a status and a type all the same.
 */
export function heedContext(answer: Answer, context: RequestContext): Answer {
  if (!hasSetHeaders(context) && !hasSetStatus(context)) return answer;
  const { response, headers } = answer;
  const kept = Object.entries(headers).filter(([name]) => !hasSetHeader(context, name) || isSaid(response, name));
  const isFree = hasSetStatus(context) && response?.status === 200;
  return { ...answer, status: isFree ? undefined : answer.status, headers: Object.fromEntries(kept) };
}

function isSaid(response: Response | undefined, name: string): boolean {
  const said = response?.headers.get(name) ?? undefined;
  return said !== undefined && !(name === 'content-type' && defaults.includes(said));
}
