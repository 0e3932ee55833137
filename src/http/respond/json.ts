import type { StandardSchemaV1 } from '@standard-schema/spec';
import { plainForJson, refusePending, refuseWordless } from '../../base/plain-json.ts';
import { outputValidator } from '../../schema/output-validator.ts';
import { type Answer, isBodiless, safeHeaders } from './answer.ts';
import { ResponseInvalid } from './response-invalid.ts';

/** Turns a handler's value into a JSON answer; a promise only where the schema validates asynchronously. */
export type JsonResponder = (value: unknown) => Answer | Promise<Answer>;

/** The headers of every answer in JSON: always this object. */
export const jsonHeaders: Readonly<Record<string, string>> = { 'content-type': 'application/json', ...safeHeaders };

/** Compiles the JSON responder of a route: validated and filtered by `schema` where there is one. */
export function jsonResponder(route: string, status: number, schema: StandardSchemaV1 | undefined): JsonResponder {
  if (isBodiless(status)) return () => ({ status: undefined, headers: {}, body: undefined });
  if (schema === undefined)
    return (value) => ({ status: undefined, headers: jsonHeaders, body: jsonOf(route, value, value) });
  const validate = outputValidator(schema);
  const finish = (result: StandardSchemaV1.Result<unknown>, value: unknown): Answer => {
    const fine = validated(route, result, value);
    return { status: undefined, headers: jsonHeaders, body: jsonOf(route, fine, value) };
  };
  return (value) => {
    const result = validate(value);
    return result instanceof Promise ? result.then((late) => finish(late, value)) : finish(result, value);
  };
}

/** What a response schema made of a value. */
export function validated(route: string, result: StandardSchemaV1.Result<unknown>, value: unknown): unknown {
  if (result.issues === undefined) return result.value;
  // What was forgotten says more than what the schema misses for that.
  refusePending(`${route}: the answer`, value);
  throw new ResponseInvalid(route, result.issues);
}

/** JSON text of an answer; `given` is what the handler returned for it. */
export function jsonOf(route: string, value: unknown, given: unknown): string {
  const text = stringify(value);
  if (text === 'null') refuseWordless(`${route}: the answer`, value);
  if (!text.includes('{}')) return text;
  // A schema may have made an object with nothing in it of a promise.
  if (given !== value) refusePending(`${route}: the answer`, given);
  const better = plainForJson(`${route}: the answer`, value);
  return better === undefined ? text : stringify(better.plain);
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

/** Compiles how one item of a stream becomes JSON: validated and filtered by `schema` where there is one. */
export function itemText(route: string, schema: StandardSchemaV1 | undefined): (item: unknown) => Promise<string> {
  if (schema === undefined) return async (item) => jsonOf(route, item, item);
  const validate = outputValidator(schema);
  return async (item) => jsonOf(route, validated(route, await validate(item), item), item);
}
