import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../base/logger.ts';

/** Logs one line per answered request. The query string stays out: it may carry secrets. */
export function logRequests(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    // Over HTTP/2, Node says so of a request whose client has left, too.
    // A web socket has a line of its own, at its end.
    if (!reply.raw.headersSent || isSocket(request.raw)) return done();
    // What it is handed on to is told the rest of the path alone.
    const path = request.originalUrl.split('?', 1)[0];
    const { statusCode, elapsedTime } = reply;
    const ms = Math.round(elapsedTime * 10) / 10;
    const line = `${request.method} ${path} ${statusCode} ${ms} ms`;
    const fields = { method: request.method, path, status: statusCode, ms };
    if (statusCode >= 500) request.log.error(fields, line);
    else request.log.info(fields, line);
    done();
  });
}

const socket: unique symbol = Symbol('cortado.socket');

/** Notes that a request has become a web socket. */
export function noteSocket(raw: IncomingMessage): void {
  (raw as { [socket]?: true })[socket] = true;
}

function isSocket(raw: IncomingMessage): boolean {
  return (raw as { [socket]?: true })[socket] === true;
}

/** What a web socket has done, for its line in the log. */
export interface SocketCounts {
  readonly path: string;
  /** The close code. */
  readonly code: number;
  /** Milliseconds that it was open. */
  readonly ms: number;
  readonly received: number;
  readonly sent: number;
}

/** Logs one line for a web socket, at its end. */
export function logSocket(log: Logger, { path, code, ms, received, sent }: SocketCounts): void {
  const fields = { method: 'SOCKET', path, status: 101, code, ms, received, sent };
  log.info(fields, `SOCKET ${path} ${code} ${ms} ms, ${received} in, ${sent} out`);
}
