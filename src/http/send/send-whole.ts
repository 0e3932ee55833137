import type { KnownHeads } from '../fast/known-heads.ts';
import { hasSetHeaders } from '../request/context.ts';
import { type Answer, isBodiless } from '../respond/answer.ts';
import { jsonHeaders } from '../respond/json.ts';
import { heedContext } from './heed-context.ts';
import { type Answering, limitSending } from './limit-sending.ts';
import { endConnection, sendThrough } from './send-answer.ts';
import { hasLeft } from './sending.ts';

interface AnsweringWhole extends Answering {
  readonly prepared: Answering['prepared'] & { readonly jsonHeads: KnownHeads | undefined };
  /** Whether no hook of a plugin can have a say in the answer, so that it need not be handed to Fastify. */
  readonly isUnhooked: boolean;
}

/**
 * Sends an answer that does not stream. Where no hook of a plugin could change it, it goes past Fastify's own way out, which takes as
 * long as routing does.
 */
export function sendWhole(answering: AnsweringWhole, answer: Answer): void {
  const { prepared, reply, context, isUnhooked } = answering;
  const { raw } = reply;
  endConnection(prepared, reply);
  const { status = raw.statusCode, body } = answer;
  const isSimple = isUnhooked && body !== undefined && answer.response === undefined && !isBodiless(status);
  if (!isSimple || hasSetHeaders(context) || raw.req.method === 'HEAD') {
    if (body !== undefined) limitSending(answering, Buffer.byteLength(body as string | Buffer));
    sendThrough(answering, heedContext(answer, context));
    return;
  }
  if (hasLeft(reply)) return;
  answering.state = 'sent';
  const length = Buffer.byteLength(body as string);
  limitSending(answering, length);
  // From here on the answer is ours, as Fastify documents it.
  reply.hijack();
  if (answer.headers === jsonHeaders && prepared.jsonHeads) prepared.jsonHeads.write(raw, status, length);
  else raw.writeHead(status, headOf(answer, String(length)));
  raw.end(body);
}

function headOf({ headers }: Answer, contentLength: string): string[] {
  const head = ['content-length', contentLength];
  for (const name in headers) {
    const value = headers[name]!;
    if (typeof value === 'string') head.push(name, value);
    else for (const one of value) head.push(name, one);
  }
  return head;
}
