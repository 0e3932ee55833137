import type { StandardSchemaV1 } from '@standard-schema/spec';
import { invalidOption } from '../base/error.ts';
import { compileNode } from './coerce/compile-node.ts';
import { coercing, mostIssues, type Node } from './coerce/walk.ts';
import { describeSchema } from './describe-schema.ts';
import { explain } from './explain/explain.ts';
import type { Issue, Loc } from './issues/issue.ts';
import type { ExactIntegers } from './json/exact-integers.ts';
import { isPreparedAt, type JsonSchema, propertiesOf, type Shape, shapeOf, typeOf } from './json/json-schema.ts';
import { becomesMark, formatMark, hasMark } from './json/marks.ts';
import { nestsTooDeep } from './json/nesting.ts';
import { boundedMembers } from './library/bounded-members.ts';
import { freshDefaults } from './library/fresh-defaults.ts';
import { fullestMember } from './library/fullest-member.ts';
import { isOmittable } from './library/library-options.ts';
import { plainCopy } from './library/plain-copy.ts';
import { preparedInput } from './library/prepared-input.ts';
import {
  shortcutOf,
  surelyRefusesNothing,
  type Validator,
  validateAtOnce,
  validateNothing,
  validatorOf,
} from './library/validator.ts';
import { loadCompiler, refused } from './library/zod-compiler.ts';
import { changedZod, isZod, type ZodTree } from './library/zod-tree.ts';

/**
 * How an input is taken: `text` from a path, query, header, cookie or form, where everything is text; `lax` from JSON in Pydantic's lax
 * mode; `strict` from JSON as it is.
 */
export type Mode = 'text' | 'lax' | 'strict';

/** What is known of one property of an object field. */
export type FieldProperty = Pick<Field, 'shape' | 'required' | 'isPrepared'>;

/** A schema, compiled for the place where its values come from. */
export interface Field {
  readonly schema: StandardSchemaV1;
  /** Its JSON Schema in the input direction. */
  readonly json: JsonSchema;
  readonly mode: Mode;
  readonly shape: Shape;
  /** Whether a function of the app reads what was sent before anything else does. */
  readonly isPrepared: boolean;
  /** Whether it has bigints or decimals, which need the digits of a JSON text. */
  readonly hasBigints: boolean;
  /** Whether it may hold itself, as deep as a client likes. */
  readonly isRecursive: boolean;
  /** Whether something must be sent. */
  readonly required: boolean;
  readonly properties: ReadonlyMap<string, FieldProperty>;
  /**
   * Coerces and validates. What is wrong is pushed to `issues` with `loc` before it; the value is returned, as a promise only where the
   * schema validates asynchronously.
   *
   * @param exact Integers that the input has rounded.
   */
  readonly check: (input: unknown, loc: Loc, issues: Issue[], exact?: ExactIntegers) => unknown;
  /** Whether no function of the app runs for a value that is right. Known once one was checked. */
  readonly isPlain: () => boolean;
}

/**
 * Compiles a schema once, for many values.
 *
 * The schema library's verdict is the truth. Its JSON Schema tells how to coerce the input before, and how to explain a refusal in
 * Pydantic's words after.
 *
 * @throws CortadoError `CORTADO_SCHEMA_UNDESCRIBED`, naming `owner`.
 */
export function compileField(
  schema: StandardSchemaV1,
  mode: Mode,
  owner: string,
  json: JsonSchema = describeSchema(schema, 'input', owner),
): Field {
  const late = <T>(make: () => T): (() => T) => {
    let made: { readonly value: T } | undefined;
    return () => (made ??= { value: make() }).value;
  };
  const required = late(() => isRequired(schema));
  const properties = late(() => fieldProperties(json));
  // An app of a thousand routes starts without what no request has asked for: each of these is made when it is first needed.
  const field: Writable<Field> = {
    schema,
    json,
    mode,
    shape: shapeOf(json),
    isPrepared: isPreparedAt(json, json),
    hasBigints: hasMark(json, becomesMark, 'bigint') || hasMark(json, becomesMark, 'decimal'),
    isRecursive: hasMark(json, '$ref'),
    get required() {
      return required();
    },
    get properties() {
      return properties();
    },
    check: (...input) => {
      field.check = check();
      return field.check(...input);
    },
    isPlain: () => false,
  };
  const check = late(() => compileCheck(field, owner));
  if (isZod(schema)) void loadCompiler();
  return field;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The check of a field for a value that nobody can wait for. Throws `CORTADO_OPTION_INVALID` where its schema validates asynchronously. */
export function checkAtOnce(field: Field, owner: string): Field['check'] {
  const validated = inputSchema(field.schema, field.mode, owner);
  return compileCheck({ ...field }, owner, (value) => {
    const result = validateAtOnce(validated, value);
    if (result === undefined)
      throw invalidOption(`${owner}: its schema validates asynchronously, and nothing waits for it.`);
    return result;
  });
}

function compileCheck(field: Writable<Field>, owner: string, given?: Validator): Field['check'] {
  const { schema, json, mode, shape, isPrepared } = field;
  const node = compileNode(json);
  const coerce = coercion(node, json, mode);
  const validated = inputSchema(schema, mode, owner);
  const validate = given ?? validatorOf(validated);
  const shortcut = given === undefined ? shortcutOf(validated) : undefined;
  // What is right as it came, most of what comes, need not be walked through before: nothing of it would be coerced.
  const mayBeRight = shortcut !== undefined && mode !== 'text' && !hasMark(json, becomesMark);
  const finish = isZod(schema) || !hasSharedDefault(json) ? undefined : plainCopy;
  const lax = mode !== 'strict';
  if (mayBeRight) field.isPlain = () => shortcut.isWhole;
  const settle = (result: Result, input: unknown, loc: Loc, issues: Issue[], exact?: ExactIntegers): unknown => {
    if (result.issues === undefined) return finish === undefined ? result.value : finish(result.value);
    issues.push(...explain(node, result.issues, { input, loc, lax, exact, json }));
    return undefined;
  };
  // A function of its own: a closure in the check would cost every value a context, made or not.
  const settleLate = async (
    late: Promise<Result>,
    input: unknown,
    loc: Loc,
    issues: Issue[],
    exact?: ExactIntegers,
  ): Promise<unknown> => {
    try {
      return settle(await late, input, loc, issues, exact);
    } catch (error) {
      return tooDeep(error, input, loc, issues);
    }
  };
  return (raw, loc, issues, exact) => {
    const input = mode === 'text' ? textInput(raw, shape, isPrepared) : raw;
    let isRight = input === undefined;
    let isRefused = false;
    if (mayBeRight && !isRight && exact === undefined) {
      const value = shortcut.parser(input);
      isRight = value !== refused;
      if (isRight && shortcut.isWhole) return value;
      isRefused = !isRight && shortcut.isWhole;
    }
    try {
      const coerced = isRight ? input : coerce(input, exact);
      if (shortcut?.isWhole && !mayBeRight) {
        const value = shortcut.parser(coerced);
        if (value !== refused && shortcut.isWhole) return value;
      }
      const result = isRefused && coerced === input ? shortcut!.afterRefusal(coerced) : validate(coerced);
      if (result instanceof Promise) return settleLate(result, input, loc, issues, exact);
      return result.issues === undefined && finish === undefined
        ? result.value
        : settle(result, input, loc, issues, exact);
    } catch (error) {
      return tooDeep(error, input, loc, issues);
    }
  };
}

type Result = StandardSchemaV1.Result<unknown>;

// One of several values is the last, as in FastAPI; one value is a list of one where a list is taken, unless a function reads it first.
function textInput(raw: unknown, shape: Shape, isPrepared: boolean): unknown {
  if (isPrepared || (shape === 'array') === Array.isArray(raw)) return raw;
  if (Array.isArray(raw)) return raw.at(-1);
  return typeof raw === 'string' ? [raw] : raw;
}

/** The schema that an input is validated with: the app's own, but for what Zod does other than FastAPI. */
function inputSchema(schema: StandardSchemaV1, mode: Mode, owner: string): StandardSchemaV1 {
  if (!isZod(schema)) return schema;
  const coercionOf = (inner: ZodTree): ((value: unknown) => unknown) => {
    const json = describeSchema(inner, 'input', owner);
    const coerce = coercion(compileNode(json), json, mode);
    const isList = mode === 'text' && shapeOf(json) === 'array';
    return (value) => (value === undefined ? value : coerce(isList && typeof value === 'string' ? [value] : value));
  };
  return changedZod(
    schema,
    (one) =>
      freshDefaults(one) ?? fullestMember(one) ?? preparedInput(one, coercionOf) ?? boundedMembers(one, mostIssues),
  );
}

/** Whether a default of a library's has members, which it hands out again and again. */
function hasSharedDefault(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false;
  return Object.entries(json).some(
    ([key, member]) => (key === 'default' && typeof member === 'object' && member !== null) || hasSharedDefault(member),
  );
}

// Bodies of JSON that nest that deep are refused before; other inputs come this way: what a function of the app parses, for example.
function tooDeep(error: unknown, input: unknown, loc: Loc, issues: Issue[]): undefined {
  if (!(error instanceof RangeError) || !/call stack/.test(error.message) || !nestsTooDeep(input)) throw error;
  const msg = 'Recursion error - maximum validation depth exceeded';
  issues.push({ type: 'recursion_depth_exceeded', loc, msg, input: typeof input === 'string' ? input : null });
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

type Coerce = (input: unknown, exact?: ExactIntegers) => unknown;

/** Compiles how an input is coerced before it is validated; plain texts and plain integers take no walk. */
function coercion(node: Node, json: JsonSchema, mode: Mode): Coerce {
  const walked: Coerce = (input, exact) => node(input, coercing(mode !== 'strict', exact));
  if (mode === 'strict') return hasMark(json, becomesMark) ? walked : (input) => input;
  const type = typeOf(json);
  if (type === 'string' && json.format === undefined && json[formatMark] === undefined) return (input) => input;
  if (type !== 'integer' || json[becomesMark] !== undefined || isPreparedAt(json, json)) return walked;
  return (input, exact) => (typeof input === 'string' ? plainInteger(input) : undefined) ?? walked(input, exact);
}

// A schema says best itself whether it takes nothing for an answer; of one that has to wait for that, Zod knows.
function isRequired(schema: StandardSchemaV1): boolean {
  if (surelyRefusesNothing(schema)) return true;
  try {
    const result = validateNothing(schema);
    return result instanceof Promise ? !isOmittable(schema) : result.issues !== undefined;
  } catch {
    return true;
  }
}

function fieldProperties(json: JsonSchema): Map<string, FieldProperty> {
  const properties = [...propertiesOf(json)].map(([name, { schema, required }]) => {
    return [name, { shape: shapeOf(schema, json), required, isPrepared: isPreparedAt(schema, json) }] as const;
  });
  return new Map(properties);
}
