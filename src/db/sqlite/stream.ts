import type { QueryResult } from 'kysely';
import type { RunOperation, ThreadOperation } from './thread/protocol.ts';
import type { Thread } from './thread.ts';

/** Has a thread do one operation. */
export function ask(thread: Thread, operation: ThreadOperation): Promise<QueryResult<unknown>> {
  return new Promise((resolve, reject) => thread.send([{ operation, resolve, reject }]));
}

/** Reads a statement's rows a chunk at a time; a reader that stops early ends the statement. */
export async function* streamOf<R>(
  perform: (operation: ThreadOperation) => Promise<QueryResult<unknown>>,
  stream: number,
  lease: number | undefined,
  run: RunOperation,
  count: number,
  opened?: Promise<unknown>,
): AsyncGenerator<QueryResult<R>> {
  await opened;
  await perform({ kind: 'stream', stream, lease, run });
  try {
    for (;;) {
      const chunk = (await perform({ kind: 'next', stream, count })) as QueryResult<R>;
      if (chunk.rows.length > 0) yield { rows: chunk.rows };
      if (chunk.rows.length < count) return;
    }
  } finally {
    await perform({ kind: 'endStream', stream });
  }
}
