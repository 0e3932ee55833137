import { hasSetHeaders } from './context.ts';
import type { Passage } from './passage.ts';
import { type Answer, isBodiless } from './respond/answer.ts';
import { sendThrough } from './send.ts';

/**
 * Sends an answer that does not stream. Where no hook of a plugin could change it, it goes past Fastify's own way out, which takes as
 * long as routing does.
 */
export function sendWhole({ reply, context, isUnhooked }: Passage, answer: Answer): void {
  const { raw } = reply;
  const { status = raw.statusCode, body } = answer;
  if (!isUnhooked || body === undefined || isBodiless(status) || hasSetHeaders(context) || raw.req.method === 'HEAD') {
    sendThrough(reply, answer);
    return;
  }
  if (reply.sent || raw.destroyed) return;
  raw.writeHead(status, headOf(answer, String(Buffer.byteLength(body as string))));
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
