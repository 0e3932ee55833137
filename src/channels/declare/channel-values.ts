import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../../base/error.ts';
import { writeJson } from '../../base/json/exact-json.ts';
import { jsonText } from '../../base/json/plain-json.ts';
import { stepsOf } from '../../schema/issues/issue-path.ts';
import { outputValidator } from '../../schema/output-validator.ts';
import type { ChannelDeclaration, ChannelParams } from './channel-options.ts';

const longestStream = 1000;

/**
 * The stream of a channel's events with these params: its name, and the params as JSON in the order of their names.
 *
 * @throws CortadoError `CORTADO_CHANNEL_INPUT`.
 */
export function streamNameOf({ name, params }: Pick<ChannelDeclaration, 'name' | 'params'>, key: object): string {
  const owner = `channel "${name}": the params`;
  if (typeof key !== 'object' || key === null) throw refused(owner, 'are an object, { room } for example');
  const unknown = Object.keys(key).find((one) => !Object.hasOwn(params, one));
  if (unknown !== undefined) throw refused(owner, `have no "${unknown}"`);
  const values: Record<string, unknown> = {};
  for (const one of Object.keys(params).sort()) values[one] = paramOf(owner, params, one, key);
  const stream = `${name}:${JSON.stringify(values)}`;
  if (stream.length > longestStream)
    throw refused(owner, `have ${stream.length} characters with the name of the channel, more than ${longestStream}`);
  return stream;
}

function paramOf(owner: string, params: ChannelParams, name: string, key: object): string | number | boolean {
  const result = outputValidator(params[name]!)((key as Readonly<Record<string, unknown>>)[name]);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw refused(owner, `"${name}" is validated asynchronously, and nothing waits for it`);
  }
  if (result.issues !== undefined) throw refused(owner, because(result.issues, name).replace('does', 'do'));
  const { value } = result;
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value as string;
  throw refused(owner, `"${name}" must be a text, a number or a boolean`);
}

/**
 * JSON of an event, as its schema has made it.
 *
 * @throws CortadoError `CORTADO_CHANNEL_INPUT`.
 */
export async function encodeEvent(
  owner: string,
  schema: StandardSchemaV1,
  value: unknown,
  limit: number,
): Promise<string> {
  return encoded(owner, await outputValidator(schema)(value), value, limit);
}

/** The same of a member, at once. */
export function encodeMember(owner: string, schema: StandardSchemaV1, value: unknown, limit: number): string {
  const result = outputValidator(schema)(value);
  if (!(result instanceof Promise)) return encoded(owner, result, value, limit);
  result.catch(() => {});
  throw refused(owner, 'is validated asynchronously, and nothing waits for it');
}

function encoded(owner: string, result: StandardSchemaV1.Result<unknown>, given: unknown, limit: number): string {
  if (result.issues !== undefined) throw refused(owner, because(result.issues));
  const text = textOf(owner, result.value, given);
  // A UTF-16 unit is at most three bytes, so most texts need not be counted.
  if (text.length * 3 > limit && Buffer.byteLength(text) > limit)
    throw refused(
      owner,
      `is ${Buffer.byteLength(text)} bytes of JSON, over the limit of ${limit}. Store it elsewhere and publish its key`,
    );
  return text;
}

function textOf(owner: string, value: unknown, given: unknown): string {
  try {
    return jsonText(owner, value, given, writeJson);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CortadoError(
      'CORTADO_CHANNEL_INPUT',
      error instanceof CortadoError ? why : `${owner} is no JSON: ${why}.`,
      {
        cause: error,
      },
    );
  }
}

function because(issues: readonly StandardSchemaV1.Issue[], name?: string): string {
  const why = issues.map(
    (issue) => `${[...(name === undefined ? [] : [name]), ...stepsOf(issue)].join('.') || 'value'}: ${issue.message}`,
  );
  return `does not fit: ${why.join('; ')}`;
}

function refused(owner: string, why: string): CortadoError {
  return new CortadoError('CORTADO_CHANNEL_INPUT', `${owner} ${why}.`);
}
