import type { StandardSchemaV1 } from '@standard-schema/spec';
import { jsonText } from '../../base/json/plain-json.ts';
import { rawJson, writeToAnyDepth } from '../../base/json/write-levels.ts';
import { checkedValue } from '../../schema/checked-value.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import { type Excluded, leaveOut } from '../../schema/json/leave-out.ts';
import { refused } from '../../schema/library/zod-compiler.ts';
import { outputShortcut, outputValidator } from '../../schema/output-validator.ts';
import { type Answer, isBodiless, safeHeaders } from './answer.ts';

/** Turns a handler's value into a JSON answer; a promise only where the schema validates asynchronously. */
export type JsonResponder = (value: unknown) => Answer | Promise<Answer>;

/** The headers of every answer in JSON: always this object. */
export const jsonHeaders: Readonly<Record<string, string>> = { 'content-type': 'application/json', ...safeHeaders };

/** Compiles the JSON responder of a route: validated and filtered by `schema` where there is one. */
export function jsonResponder(
  route: string,
  status: number,
  schema: StandardSchemaV1 | undefined,
  excluded: readonly Excluded[] = [],
): JsonResponder {
  if (isBodiless(status)) return () => ({ status: undefined, headers: {}, body: undefined });
  if (schema === undefined)
    return (value) => ({ status: undefined, headers: jsonHeaders, body: answerText(route, value, value) });
  // Made for the first answer, so that an app of many routes starts no later for it.
  let respond: JsonResponder = (value) => {
    respond = checkedResponder(route, schema, new Set(excluded));
    return respond(value);
  };
  return (value) => respond(value);
}

function checkedResponder(route: string, schema: StandardSchemaV1, excluded: ReadonlySet<Excluded>): JsonResponder {
  const json = excluded.size === 0 ? undefined : describeSchema(schema, 'output', route);
  const validate = outputValidator(schema);
  const shortcut = outputShortcut(schema);
  const answer = (fine: unknown, value: unknown): Answer => ({
    status: undefined,
    headers: jsonHeaders,
    body: answerText(route, json === undefined ? fine : leaveOut(fine, value, json, excluded), value),
  });
  const finish = (result: StandardSchemaV1.Result<unknown>, value: unknown): Answer =>
    answer(checkedValue(route, what, result, value), value);
  return (value) => {
    if (shortcut?.isWhole) {
      const fine = shortcut.parser(value);
      if (fine !== refused && shortcut.isWhole) return answer(fine, value);
    }
    const result = validate(value);
    return result instanceof Promise ? result.then((late) => finish(late, value)) : finish(result, value);
  };
}

const what = 'the answer';

/** JSON text of an answer; `given` is what the handler returned for it. */
function answerText(route: string, value: unknown, given: unknown): string {
  return jsonText(`${route}: ${what}`, value, given, stringify);
}

/** JSON text of a value; `undefined` is `null`, and a bigint keeps all its digits. */
export function stringify(value: unknown): string {
  try {
    return writeToAnyDepth(value) ?? 'null';
  } catch (error) {
    // JSON.stringify refuses bigints, and a replacer would cost every answer its fast path.
    if (!(error instanceof TypeError) || !/BigInt/i.test(error.message)) throw error;
    return writeToAnyDepth(value, exactDigits) ?? 'null';
  }
}

function exactDigits(member: unknown): unknown {
  return typeof member === 'bigint' ? rawJson(member.toString()) : member;
}

/**
 * Compiles how one item of a stream becomes JSON: validated and filtered by `schema` where there is one; a promise only where that validates
 * asynchronously.
 */
export function itemText(
  route: string,
  schema: StandardSchemaV1 | undefined,
): (item: unknown) => string | Promise<string> {
  if (schema === undefined) return (item) => answerText(route, item, item);
  const validate = outputValidator(schema);
  const finish = (result: StandardSchemaV1.Result<unknown>, item: unknown): string =>
    answerText(route, checkedValue(route, what, result, item), item);
  return (item) => {
    const result = validate(item);
    return result instanceof Promise ? result.then((late) => finish(late, item)) : finish(result, item);
  };
}
