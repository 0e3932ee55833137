import { STATUS_CODES } from 'node:http';
import { CortadoError } from '../base/error.ts';
import type { ErrorFormat } from '../declare/api-info.ts';
import { ValidationError } from '../inject/validation-error.ts';
import { HttpError } from './http-error.ts';
import type { Answer } from './respond/answer.ts';
import { isBodiless } from './respond/answer.ts';
import { stringify } from './respond/json.ts';

/** The answer to an error, and whether it is one that nobody expected. */
export interface ErrorAnswer {
  readonly answer: Answer;
  readonly unexpected: boolean;
}

const serverFault = 'Internal Server Error';

/** The one error exit: turns whatever was thrown into an answer that leaks nothing. */
export function errorAnswer(error: unknown, format: ErrorFormat): ErrorAnswer {
  const { status, detail, headers } = describeError(error);
  const unexpected = status === 500 && !(error instanceof HttpError);
  if (isBodiless(status)) return { unexpected, answer: { status, headers, body: undefined } };
  const [type, body] = format === 'problem' ? problem(status, detail, error) : ['application/json', { detail }];
  return {
    unexpected,
    answer: { status, headers: { 'content-type': type as string, ...headers }, body: stringify(body) },
  };
}

interface Described {
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

function describeError(error: unknown): Described {
  if (error instanceof ValidationError) return { status: 422, detail: error.issues, headers: {} };
  if (error instanceof HttpError)
    return { status: error.status, detail: error.detail ?? STATUS_CODES[error.status], headers: error.headers ?? {} };
  if (error instanceof CortadoError && error.status !== undefined) {
    return { status: error.status, detail: error.message, headers: error.headers ?? {} };
  }
  return fromFramework(error) ?? { status: 500, detail: serverFault, headers: {} };
}

// Fastify and its plugins put `statusCode` on their errors; a 4xx of theirs is meant for the client.
function fromFramework(error: unknown): Described | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode } = error as { statusCode?: unknown };
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return undefined;
  return { status: statusCode, detail: error.message, headers: {} };
}

function problem(status: number, detail: unknown, error: unknown): [string, object] {
  const title = error instanceof ValidationError ? 'Validation Error' : (STATUS_CODES[status] ?? 'Error');
  const body = { type: 'about:blank', title, status };
  if (error instanceof ValidationError) return ['application/problem+json', { ...body, errors: detail }];
  if (typeof detail === 'string') return ['application/problem+json', { ...body, detail }];
  return [
    'application/problem+json',
    { ...body, ...(typeof detail === 'object' && detail !== null ? detail : { detail }) },
  ];
}
