import type { FastifyBaseLogger } from 'fastify';

type Arguments = Parameters<FastifyBaseLogger['info']>;
type Write = (...line: unknown[]) => void;
type Child = Parameters<FastifyBaseLogger['child']>;

interface Identified {
  readonly id: string;
}

/** Makes the loggers of requests where Fastify asks for them. */
export function makeRequestLogger(parent: FastifyBaseLogger, bindings: Child[0], options?: Child[1]): RequestLogger {
  return new RequestLogger(parent, undefined, bindings, options);
}

let madeOf: (logger: RequestLogger) => FastifyBaseLogger;

/** A request's logger. The child logger behind it is made when something is logged: most requests log nothing. */
export class RequestLogger implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger;
  readonly #request: Identified | undefined;
  readonly #bindings: Child[0] | undefined;
  readonly #options: Child[1];
  #made: FastifyBaseLogger | undefined;
  declare readonly fatal: Write;
  declare readonly error: Write;
  declare readonly warn: Write;
  declare readonly info: Write;
  declare readonly debug: Write;
  declare readonly trace: Write;
  declare readonly silent: Write;

  /** The bindings, where Fastify has made them; else the id of `request` is the one binding. */
  constructor(parent: FastifyBaseLogger, request: Identified | undefined, bindings?: Child[0], options?: Child[1]) {
    this.#parent = parent;
    this.#request = request;
    this.#bindings = bindings;
    this.#options = options;
  }

  static {
    madeOf = (logger) =>
      (logger.#made ??= logger.#parent.child(logger.#bindings ?? { reqId: logger.#request?.id }, logger.#options));
    for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const)
      Object.defineProperty(RequestLogger.prototype, level, {
        value(this: RequestLogger, ...line: Arguments) {
          madeOf(this)[level](...line);
        },
      });
  }

  get level(): string {
    return madeOf(this).level;
  }

  set level(level: string) {
    madeOf(this).level = level;
  }

  child(...child: Child): FastifyBaseLogger {
    return madeOf(this).child(...child);
  }
}
