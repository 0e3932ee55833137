import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorExit } from '../errors/answer-to.ts';
import type { AnswerHooks } from '../fast/answer-hooks.ts';
import type { LateLoggers } from '../fast/late-loggers.ts';
import { allowing, parseHost } from '../request/host.ts';
import { HttpError } from '../request/http-error.ts';
import { pathOfTarget, rootPathOf } from '../request/root-path.ts';
import { sendError } from '../send/send-error.ts';

/** What is asked of a request before anything else looks at it. */
export interface ArrivalRules {
  readonly hosts: readonly string[] | undefined;
  readonly httpsRedirect: boolean;
}

/** The server whose requests are looked at. */
interface Checked {
  readonly fastify: FastifyInstance;
  readonly hooks: AnswerHooks | undefined;
  readonly loggers: LateLoggers | undefined;
}

/**
 * Refuses requests for hosts that the app is not served as, with a 400, and sends those that did not come by TLS on to it, with a 307: as Starlette's
 * `TrustedHostMiddleware` and `HTTPSRedirectMiddleware`. Both see what a trusted proxy says of the request.
 */
export function checkArrivals({ fastify, hooks, loggers }: Checked, rules: ArrivalRules, exit: ErrorExit): void {
  const { hosts, httpsRedirect } = rules;
  const isAllowed = hosts === undefined || hosts.includes('*') ? undefined : allowing(hosts);
  if (isAllowed === undefined && !httpsRedirect) return;
  const check = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const host = parseHost(request.host);
    if (host === undefined || isAllowed?.(host.name) === false) {
      loggers?.ensure(request, reply);
      const isWww = host !== undefined && hosts?.some((one) => one.toLowerCase() === `www.${host.name}`) === true;
      if (isWww) redirect(request, reply, request.protocol === 'https' ? 'https' : 'http', `www.${request.host}`);
      else void sendError(new HttpError(400, 'Invalid host header'), exit, request, reply);
    } else if (httpsRedirect && request.protocol !== 'https') {
      // The standard ports say no more than the scheme.
      const isStandard = host.port === '' || host.port === '80' || host.port === '443';
      redirect(request, reply, 'https', isStandard ? host.name : `${host.name}:${host.port}`);
    } else done();
  };
  // It answers by itself, or leaves the answer alone.
  if (hooks === undefined) fastify.addHook('onRequest', check);
  else hooks.addQuietly(check);
}

function redirect(request: FastifyRequest, reply: FastifyReply, scheme: string, host: string): void {
  // What a proxy, or an app that this one is mounted in, has taken away belongs to the address.
  const path = `${rootPathOf(request)}${pathOfTarget(request.raw.url ?? '/').replaceAll('\\', '%5C')}`;
  reply.code(307).header('location', `${scheme}://${host}${path}`).send();
}
