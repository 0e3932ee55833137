import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ResponseInvalid } from '../response-invalid.ts';
import { type Answer, isBodiless } from './answer.ts';
import { safeHeaders } from './safe-headers.ts';

/** Turns a handler's value into a JSON answer; a promise only where the schema validates asynchronously. */
export type JsonResponder = (value: unknown) => Answer | Promise<Answer>;

const headers = { 'content-type': 'application/json', ...safeHeaders };

/** Compiles the JSON responder of a route: validated and filtered by `schema` where there is one. */
export function jsonResponder(route: string, status: number, schema: StandardSchemaV1 | undefined): JsonResponder {
  if (isBodiless(status)) return () => ({ status: undefined, headers: {}, body: undefined });
  if (schema === undefined) return answer;
  const { validate } = schema['~standard'];
  const finish = (result: StandardSchemaV1.Result<unknown>): Answer => {
    if (result.issues !== undefined) throw new ResponseInvalid(route, result.issues);
    return answer(result.value);
  };
  return (value) => {
    const result = validate(value);
    return result instanceof Promise ? result.then(finish) : finish(result);
  };
}

function answer(value: unknown): Answer {
  return { status: undefined, headers, body: stringify(value) };
}

/** JSON text of a value; `undefined` is `null`, and a bigint keeps all its digits. */
export function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    // JSON.stringify refuses bigints, and a replacer would cost every answer its fast path.
    if (!(error instanceof TypeError) || !/BigInt/i.test(error.message)) throw error;
    return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? rawJson(member.toString()) : member));
  }
}

const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };
