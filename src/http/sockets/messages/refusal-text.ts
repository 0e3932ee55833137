import type { ErrorFormat } from '../../../declare/route/api-info.ts';
import { errorAnswer } from '../../errors/error-answer.ts';

/** Whether an error is meant for the client, and tells of a fault of its own. */
export function isRefusal(error: unknown): boolean {
  const { answer, unexpected } = errorAnswer(error, 'fastapi');
  return !unexpected && (answer.status ?? 500) < 500;
}

/** What a client is told of a message that was refused: the body that the same error has in a request. */
export function refusalText(error: unknown, format: ErrorFormat): string {
  return String(errorAnswer(error, format).answer.body);
}
