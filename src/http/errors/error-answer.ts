import { CortadoError } from '../../base/error.ts';
import { isRecord } from '../../base/is-record.ts';
import { nodeHttp } from '../../base/node-http.ts';
import type { ErrorFormat } from '../../declare/route/api-info.ts';
import { ValidationError } from '../../inject/validation-error.ts';
import { HttpError } from '../request/http-error.ts';
import { type Answer, isBodiless, safeHeaders } from '../respond/answer.ts';
import { stringify } from '../respond/json.ts';

/** The answer to an error, and whether it is one that nobody expected. */
export interface ErrorAnswer {
  readonly answer: Answer;
  readonly unexpected: boolean;
}

const serverFault = 'Internal Server Error';

/** Whose code threw: a handler, a dependency or a task of the app, or Fastify and a hook of its plugins. */
export type Thrower = 'app' | 'plugin';

/** The one error exit: turns whatever was thrown into an answer that leaks nothing. */
export function errorAnswer(error: unknown, format: ErrorFormat, thrower: Thrower = 'app'): ErrorAnswer {
  const described = describeThrown(error, thrower);
  const { status, detail, headers, kind } = described;
  const unexpected = kind === 'unexpected';
  if (isBodiless(status)) return { unexpected, answer: { status, headers, body: undefined } };
  const [type, body] = format === 'problem' ? problem(described) : ['application/json', { detail }];
  return {
    unexpected,
    answer: { status, headers: { 'content-type': type, ...safeHeaders, ...headers }, body: stringify(body) },
  };
}

interface Described {
  readonly kind: 'invalid' | 'meant' | 'unexpected';
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const unknownFault: Described = { kind: 'unexpected', status: 500, detail: serverFault, headers: {} };

// A thrown proxy can throw again when it is looked at.
function describeThrown(error: unknown, thrower: Thrower): Described {
  try {
    return describeError(error, thrower);
  } catch {
    return unknownFault;
  }
}

function describeError(error: unknown, thrower: Thrower): Described {
  if (error instanceof ValidationError) return { kind: 'invalid', status: 422, detail: error.issues, headers: {} };
  if (error instanceof HttpError) {
    const { status, detail = nodeHttp.STATUS_CODES[status], headers = {} } = error;
    return { kind: 'meant', status, detail, headers };
  }
  if (error instanceof CortadoError && error.status !== undefined && error.status !== 500) {
    const { status, message, headers = {} } = error;
    // An HttpError that comes out of a thread has lost its class, not its detail.
    const neutral = details[status] ?? nodeHttp.STATUS_CODES[status] ?? 'Server Error';
    const detail = 'detail' in error ? error.detail : status < 500 ? message : neutral;
    return { kind: 'meant', status, detail, headers };
  }
  if (error instanceof AggregateError) return describeSeveral(error, thrower);
  return fromFramework(error, thrower) ?? unknownFault;
}

// Of `gather` and the like, the first is the cause. One that nobody expected is a fault, whatever came with it.
function describeSeveral({ errors, cause }: AggregateError, thrower: Thrower): Described {
  const isMeant = cause !== undefined && errors.every((error) => describeError(error, thrower).kind !== 'unexpected');
  return isMeant ? describeError(cause, thrower) : unknownFault;
}

// Fastify and its plugins put `statusCode` on their errors; a 4xx of theirs is meant for the client. So do clients of other services, whose
// errors a handler may let through: there it takes a code of Fastify's, or the `expose` of http-errors.
function fromFramework(error: unknown, thrower: Thrower): Described | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode, code, expose } = error as { statusCode?: unknown; code?: unknown; expose?: unknown };
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return undefined;
  if (thrower === 'app' && expose !== true && !(typeof code === 'string' && code.startsWith('FST_'))) return undefined;
  return { kind: 'meant', status: statusCode, detail: error.message, headers: {} };
}

// With this type the title is the phrase of the status (RFC 9457, 4.2.1).
function problem({ kind, status, detail }: Described): [string, object] {
  const title = nodeHttp.STATUS_CODES[status] ?? 'Error';
  const members = kind === 'invalid' ? { errors: detail } : isRecord(detail) ? detail : { detail };
  return ['application/problem+json', { type: 'about:blank', title, status, ...members }];
}

/** What a client is told of a fault of the server: nothing of its inside. */
const details: Readonly<Record<number, string>> = {
  502: 'An upstream service failed',
  503: 'The server cannot answer right now. Try again later.',
  504: 'The server did not answer in time.',
};
