import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Has a body that a plugin unpacks, and of which the answer has left a part unread, let go of its connection: Node reads what is left of a
 * request that nobody has touched, but this one is read by a stream that waits for ever, and the client's next request behind it.
 */
export function freeConnection({ body, raw }: FastifyRequest, reply: FastifyReply): void {
  if (body === undefined || body === null || body === raw || raw.httpVersionMajor === 2) return;
  const { socket } = raw;
  // Where the stream that unpacks it fails, the request is destroyed with it, before the answer or after, and its rest can never be read.
  const hangUp = (): void => {
    if (!raw.complete) socket.destroySoon();
  };
  reply.raw.once('finish', () => {
    if (raw.destroyed) hangUp();
    else if (!raw.complete) raw.once('close', hangUp).unpipe().resume();
  });
}
