import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Observation } from '../../inject/component.ts';
import { handedOn } from '../request/root-path.ts';
import type { MadeServer } from '../server/server.ts';

const name = 'http_request_duration_seconds';
const help = 'How long requests took, to the last byte of their answer, by method, route and status.';

/**
 * Measures every request, from the moment its head is read until its answer has left, or its client. The route is its template: a path
 * would make a series of its own for every user.
 */
export function observeRequests({ fastify, hooks }: MadeServer, observe: (observation: Observation) => void): void {
  const hook: onRequestHookHandler = (request, reply, done) => {
    const began = performance.now();
    const { raw } = reply;
    const before = handedOn(request.raw);
    raw.once('close', () => {
      // An App that it was handed on to measures it itself, by its own route.
      const after = handedOn(request.raw);
      if (after !== before && after?.isApp) return;
      // The status that nginx logs for a client that has left before its answer began.
      const status = raw.headersSent ? String(raw.statusCode) : '499';
      const labels = { method: request.method, route: routeOf(request), status };
      observe({ name, help, value: (performance.now() - began) / 1000, labels });
    });
    done();
  };
  if (hooks === undefined) fastify.addHook('onRequest', hook);
  else hooks.addQuietly(hook);
}

function routeOf({ is404, routeOptions }: FastifyRequest): string {
  if (is404) return 'unmatched';
  return routeOptions.config.cortado?.path ?? routeOptions.url ?? 'unmatched';
}
