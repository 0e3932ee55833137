import { CortadoError } from '../../base/error.ts';
import { notAnError } from '../../base/show/not-an-error.ts';
import type { TaskError } from './task-record.ts';

const longestMessage = 4_000;
const longestStack = 16_000;

/** What is stored of whatever was thrown. */
export function toTaskError(thrown: unknown): TaskError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: cut(notAnError(thrown), longestMessage) };
  const code = thrown instanceof CortadoError ? thrown.code : (thrown as { code?: unknown }).code;
  return {
    name: cut(thrown.name, 200),
    message: cut(thrown.message, longestMessage),
    ...(typeof code === 'string' && { code: cut(code, 200) }),
    ...(thrown.stack !== undefined && { stack: cut(withCause(thrown), longestStack) }),
    ...(Array.isArray((thrown as { args?: unknown }).args) && { args: (thrown as { args?: unknown[] }).args }),
  };
}

function withCause(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack}${cause}`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
