import type { SocketEnd } from '../../../declare/socket/socket.ts';
import { errorAnswer } from '../../errors/error-answer.ts';
import { RequestAborted } from '../../request/request-aborted.ts';
import { SocketError } from './socket-error.ts';

// Of a close frame, whose content has 125 bytes with the code (RFC 6455, 5.5).
const mostBytes = 123;

/** How a socket is closed, and whether it is for something that nobody expected. */
export interface CloseReason extends SocketEnd {
  readonly isUnexpected: boolean;
}

/** A close frame's reason, no longer than it may be, and with no half of a character. */
export function shortReason(text: string): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  return `${new TextDecoder().decode(Buffer.from(text).subarray(0, mostBytes - 3), { stream: true })}…`;
}

/**
 * How the error that ended a socket's work closes it: a status from 400 to 499 as 4400 to 4499, what is full or away with 1013, and all that a
 * client need not know of with 1011.
 */
export function closeReasonOf(error: unknown): CloseReason {
  // A thrown proxy can throw again when it is looked at.
  try {
    return describe(error);
  } catch {
    return { code: 1011, reason: 'Internal Error', isUnexpected: true };
  }
}

function describe(error: unknown): CloseReason {
  if (error instanceof SocketError)
    return { code: error.closeCode, reason: shortReason(error.reason), isUnexpected: false };
  if (error instanceof RequestAborted && error.reason === 'stopping')
    return { code: 1001, reason: 'The app stops', isUnexpected: false };
  const { answer, unexpected } = errorAnswer(error, 'fastapi');
  const status = answer.status ?? 500;
  if (unexpected || (status >= 500 && status !== 503))
    return { code: 1011, reason: 'Internal Error', isUnexpected: unexpected };
  const { detail } = JSON.parse(String(answer.body)) as { readonly detail: unknown };
  return { code: status === 503 ? 1013 : 4000 + status, reason: shortReason(inWords(detail)), isUnexpected: false };
}

/** The detail of an error as one line: of invalid input, what is wrong and where. */
function inWords(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail)) return JSON.stringify(detail);
  return detail
    .map((issue: { readonly loc?: readonly unknown[]; readonly msg?: unknown }) =>
      issue.loc === undefined ? JSON.stringify(issue) : `${issue.loc.join('.')}: ${String(issue.msg)}`,
    )
    .join('; ');
}
