import type { FastifyInstance } from 'fastify';
import { socketCountsOf } from './socket-counts.ts';

/** Logs one line per answered request. The query string stays out: it may carry secrets. */
export function logRequests(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    // Over HTTP/2, Node says so of a request whose client has left, too.
    const socket = socketCountsOf(request.raw);
    if (!reply.raw.headersSent && socket === undefined) return done();
    // What it is handed on to is told the rest of the path alone.
    const path = request.originalUrl.split('?', 1)[0];
    const { statusCode, elapsedTime } = reply;
    const ms = Math.round(elapsedTime * 10) / 10;
    if (socket !== undefined) {
      const { received, sent, code } = socket;
      const counts = { method: 'SOCKET', path, status: 101, code, ms, received, sent };
      request.log.info(counts, `SOCKET ${path} ${code} ${ms} ms, ${received} in, ${sent} out`);
      return done();
    }
    const line = `${request.method} ${path} ${statusCode} ${ms} ms`;
    const fields = { method: request.method, path, status: statusCode, ms };
    if (statusCode >= 500) request.log.error(fields, line);
    else request.log.info(fields, line);
    done();
  });
}
