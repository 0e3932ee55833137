import { pipeline, type Readable } from 'node:stream';
import { answerTo } from '../errors/answer-to.ts';
import { isStream } from '../respond/answer.ts';
import type { Passage } from '../road/passage.ts';

/**
 * Answers an error of a request whose response was handed to somebody else: as the app would have it where nothing was sent yet, else by
 * closing the connection.
 */
export async function answerRaw(error: unknown, { prepared, context, reply }: Passage): Promise<void> {
  const { raw } = reply;
  if (raw.destroyed || raw.writableEnded) return;
  if (raw.headersSent) {
    raw.destroy();
    return;
  }
  const answer = await answerTo(error, prepared, context, prepared.route.name, 'plugin');
  if (raw.headersSent || raw.destroyed || raw.writableEnded) return;
  for (const name of raw.getHeaderNames()) raw.removeHeader(name);
  for (const [name, value] of Object.entries(answer.headers)) raw.setHeader(name, value as string | string[]);
  raw.statusCode = answer.status ?? 500;
  // Nobody knows what the other still reads and writes.
  if (raw.req.httpVersionMajor === 1) raw.setHeader('connection', 'close');
  if (isStream(answer)) pipeline(answer.body as Readable, raw, () => {});
  else raw.end(answer.body);
}
