import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../base/logger.ts';

const methods = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent', 'child'] as const;

/** A logger as Fastify wants it: with all methods that pino has, and serializers of requests and answers, where it has none of its own. */
export function fastifyLogger(logger: Logger): FastifyBaseLogger {
  const base = logger as FastifyBaseLogger & { readonly [symbol: symbol]: object | undefined };
  const options = { serializers: { ...serializers, ...base[serializersOf] } };
  const made = typeof base.child === 'function' ? base.child({}, options) : base;
  return methods.every((name) => typeof made[name] === 'function') ? made : filled(made);
}

// As pino shows it, `pino.symbols.serializersSym`.
const serializersOf = Symbol.for('pino.serializers');

const serializers = {
  // The query may carry keys.
  req: ({ method, url, host, ip, socket }: FastifyRequest) => ({
    method,
    url: url?.split('?', 1)[0],
    host,
    remoteAddress: ip,
    remotePort: socket?.remotePort,
  }),
  res: ({ statusCode }: FastifyReply) => ({ statusCode }),
};

// Fastify insists on more methods than an app's logger must have.
function filled(logger: Logger): FastifyBaseLogger {
  const to =
    (level: keyof Logger): FastifyBaseLogger['info'] =>
    (...line: unknown[]) =>
      logger[level](...(line as [object, string]));
  const [debug, info, warn, error] = [to('debug'), to('info'), to('warn'), to('error')];
  const made = {
    level: 'info',
    trace: debug,
    debug,
    info,
    warn,
    error,
    fatal: error,
    silent: () => {},
    child: () => made,
  };
  return made as FastifyBaseLogger;
}
