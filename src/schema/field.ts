import type { StandardSchemaV1 } from '@standard-schema/spec';
import { compileNode } from './compile-node.ts';
import { describeSchema } from './describe-schema.ts';
import { explain } from './explain.ts';
import type { Issue, Loc } from './issue.ts';
import { type JsonSchema, propertiesOf, type Shape, shapeOf, typeOf } from './json-schema.ts';
import { becomesMark, isOmittable } from './library-options.ts';
import type { Node } from './walk.ts';

/**
 * How an input is taken: `text` from a path, query, header, cookie or form, where everything is text; `lax` from JSON in Pydantic's lax
 * mode; `strict` from JSON as it is.
 */
export type Mode = 'text' | 'lax' | 'strict';

/** What is known of one property of an object field. */
export interface FieldProperty {
  readonly shape: Shape;
  readonly required: boolean;
}

/** A schema, compiled for the place where its values come from. */
export interface Field {
  readonly schema: StandardSchemaV1;
  /** Its JSON Schema in the input direction. */
  readonly json: JsonSchema;
  readonly mode: Mode;
  readonly shape: Shape;
  /** Whether something must be sent. */
  readonly required: boolean;
  /** The properties of an object schema. */
  readonly properties: ReadonlyMap<string, FieldProperty>;
  /**
   * Coerces and validates. What is wrong is pushed to `issues` with `loc` before it; the value is returned, as a promise only where the
   * schema validates asynchronously.
   */
  readonly check: (input: unknown, loc: Loc, issues: Issue[]) => unknown;
}

type Result = StandardSchemaV1.Result<unknown>;

/**
 * Compiles a schema once, for many values.
 *
 * The schema library's verdict is the truth. Its JSON Schema tells how to coerce the input before, and how to explain a refusal in
 * Pydantic's words after.
 *
 * @throws CortadoError `CORTADO_SCHEMA_UNDESCRIBED`, naming `owner`.
 */
export function compileField(schema: StandardSchemaV1, mode: Mode, owner: string): Field {
  const json = describeSchema(schema, 'input', owner);
  const node = compileNode(json);
  const shape = shapeOf(json);
  const coerce = coercion(node, json, mode);
  const { validate } = schema['~standard'];
  const lax = mode !== 'strict';
  const settle = (result: Result, input: unknown, loc: Loc, issues: Issue[]): unknown => {
    if (result.issues === undefined) return result.value;
    issues.push(...explain(node, lax, result.issues, input, loc));
    return undefined;
  };
  // A function of its own: a closure in `check` would cost every value a context, made or not.
  const settleLate = async (late: Promise<Result>, input: unknown, loc: Loc, issues: Issue[]): Promise<unknown> =>
    settle(await late, input, loc, issues);
  const check = (raw: unknown, loc: Loc, issues: Issue[]): unknown => {
    const input =
      mode === 'text' && shape !== 'array' && Array.isArray(raw)
        ? raw.at(-1)
        : mode === 'text' && shape === 'array' && typeof raw === 'string'
          ? [raw]
          : raw;
    const result = validate(input === undefined ? undefined : coerce(input));
    if (result instanceof Promise) return settleLate(result, input, loc, issues);
    return result.issues === undefined ? result.value : settle(result, input, loc, issues);
  };
  return { schema, json, mode, shape, required: isRequired(schema), properties: fieldProperties(json), check };
}

// Digits that a number holds exactly, whatever they are.
const mostDigits = 15;

/** The number that a text of plain digits stands for, else `undefined`. Each request has some, and an expression would take three times as long. */
function plainInteger(text: string): number | undefined {
  const from = text.charCodeAt(0) === 45 ? 1 : 0;
  if (text.length === from || text.length - from > mostDigits) return undefined;
  let value = 0;
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return from === 1 ? -value : value;
}

/** Compiles how an input is coerced before it is validated; plain texts and plain integers take no walk. */
function coercion(node: Node, json: JsonSchema, mode: Mode): (input: unknown) => unknown {
  if (mode === 'strict') {
    const hasOwnTypes = JSON.stringify(json).includes(becomesMark);
    return hasOwnTypes ? (input) => node(input, [], { lax: false, issues: [] }) : (input) => input;
  }
  const walked = (input: unknown): unknown => node(input, [], { lax: true, issues: [] });
  const type = typeOf(json);
  if (type === 'string' && json.format === undefined) return (input) => input;
  if (type !== 'integer' || json[becomesMark] !== undefined) return walked;
  return (input) => (typeof input === 'string' ? plainInteger(input) : undefined) ?? walked(input);
}

// A schema says best itself whether it takes nothing for an answer; of one that has to wait for that, Zod knows.
function isRequired(schema: StandardSchemaV1): boolean {
  try {
    const result = schema['~standard'].validate(undefined);
    if (!(result instanceof Promise)) return result.issues !== undefined;
    result.catch(() => {});
    return !isOmittable(schema);
  } catch {
    return true;
  }
}

function fieldProperties(json: JsonSchema): Map<string, FieldProperty> {
  const found = new Map<string, FieldProperty>();
  for (const [name, { schema, required }] of propertiesOf(json))
    found.set(name, { shape: shapeOf(schema, json), required });
  return found;
}
