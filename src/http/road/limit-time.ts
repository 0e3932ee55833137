import { CortadoError } from '../../base/error.ts';
import { expire } from '../request/context.ts';
import { answerError } from '../send/send-error.ts';
import { breakConnection } from '../send/sending.ts';
import type { Passage } from './passage.ts';

/**
 * Gives a request `ms` milliseconds. Then its signal fires and the client has its 504 at once, while what the handler has opened stays open
 * until the handler has ended, too: nothing is pulled away from under it, and nothing of it is committed.
 */
export function limitTime(passage: Passage, ms: number): void {
  const timer = setTimeout(() => void giveUp(passage, ms), ms);
  passage.reply.raw.once('close', () => clearTimeout(timer));
}

async function giveUp(passage: Passage, ms: number): Promise<void> {
  const { prepared, context, reply, state } = passage;
  const { raw } = reply;
  // What a plugin's hook still works on is an answer: two of them would be mixed up.
  if (raw.writableEnded || raw.closed || state === 'sent' || state === 'replaced') return;
  const route = prepared.route.name;
  const error = new CortadoError('CORTADO_TIMEOUT', `Not answered within ${ms} ms`, { status: 504 });
  expire(context, error);
  // A stream that has begun, with its first bytes or without, can only be broken off.
  if (state === 'streaming' || raw.headersSent) {
    prepared.refusals.noteError(error, route);
    breakConnection(passage);
  } else {
    // Nobody will read the rest of a body that is still on its way.
    if (passage.endBody !== undefined) reply.header('connection', 'close');
    await answerError(error, prepared, passage, route);
  }
  passage.endBody?.(error);
}
