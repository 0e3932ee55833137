import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../../base/error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { closedJson, closedSchema } from '../../schema/closed-schema.ts';
import { compileField, type Field, type Mode } from '../../schema/field.ts';
import { takesFiles } from '../../schema/json/json-schema.ts';
import type { Param, Source } from '../param.ts';
import { misfitOf } from './misfit.ts';
import type { PlannedField, PlanOptions } from './plan.ts';

const textSources: readonly Source[] = ['path', 'query', 'header', 'cookie', 'form'];
const earlySources: readonly Source[] = ['path', 'query', 'header', 'cookie'];

/** Where a source stands in the order in which FastAPI validates and documents them; all of the body is one. */
export function rankOf({ source }: { readonly source: Source }): number {
  const rank = earlySources.indexOf(source);
  return rank < 0 ? earlySources.length : rank;
}

/** A field of which is not known yet where in the body it lies. */
export interface DraftField extends Omit<PlannedField, 'early' | 'own' | 'loc' | 'whole'> {
  readonly embed: boolean;
  early: boolean;
  own: boolean;
}

export interface DeclaredInput {
  readonly name: string;
  readonly schema: StandardSchemaV1;
  readonly param: Param<unknown> | undefined;
  /** The function or dependency that declares it, for messages. */
  readonly owner: string;
  /** Declared by the function itself, not by a dependency. */
  readonly own: boolean;
  /** A guard needs it. */
  readonly early: boolean;
}

export interface Origin {
  readonly source: Source;
  readonly key: string;
}

export function refusePlan({ owner }: Pick<PlanOptions, 'owner'>, code: ErrorCode, why: string): never {
  throw new CortadoError(code, `${owner}: ${why}`);
}

export function originOf({ name, schema, param }: DeclaredInput, options: PlanOptions): Origin {
  const source = param?.source ?? sourceOf(name, schema, options);
  return { source, key: wireName(name, source, param) };
}

/** Plans an input that comes from `origin`. Throws for what that source cannot carry, or a guard cannot have. */
export function planInput(
  input: DeclaredInput,
  { source, key }: Origin,
  slot: number,
  options: PlanOptions,
): DraftField {
  const { name, schema, param, owner, own, early } = input;
  if (source === 'path' && !(options.pathNames ?? []).includes(key)) {
    refusePlan(
      options,
      'CORTADO_PATH_PARAMETER',
      `the parameter "${name}" of ${owner} is declared with path(), but the path has no {${key}}.`,
    );
  }
  if (early && !earlySources.includes(source) && source !== 'payload') {
    refusePlan(
      options,
      'CORTADO_GUARD_BODY',
      `a guard asks for "${name}" from the ${source}, but guards run before the body is read. Make it one of params instead.`,
    );
  }
  const mode = modeOf(source, options.coerceBody ?? false);
  const what = `${options.owner}: parameter "${name}" of ${owner}`;
  const isClosed = options.forbidExtra === true && (source === 'body' || source === 'form');
  const field = isClosed ? closedFieldOf(input, mode, what, options) : fieldOf(schema, mode, what);
  if (source === 'path' && (field.shape === 'object' || field.shape === 'array')) {
    refusePlan(
      options,
      'CORTADO_PARAM_INVALID',
      `the path parameter "${name}" is one piece of text, but its schema takes an ${field.shape}.`,
    );
  }
  refuseMisfit(name, source, field, options);
  return {
    name,
    key,
    source,
    field,
    slot,
    early,
    own,
    embed: param?.embed ?? false,
    convertUnderscores: param?.convertUnderscores ?? true,
    docs: param ?? {},
  };
}

// Every request would be a 422.
function refuseMisfit(name: string, source: Source, { json, shape, required }: Field, options: PlanOptions): void {
  if (source === 'query' && options.nestedQuery === true) return;
  const misfit = misfitOf(json, source, { whole: shape === 'object' && source !== 'file', required });
  if (misfit === undefined) return;
  const place = [name, ...misfit.path].join('.');
  refusePlan(options, 'CORTADO_PARAM_INVALID', `"${place}" ${carried(source)}, but its schema takes ${misfit.takes}.`);
}

// FastAPI's rule: a name of the path template, else a scalar is a query parameter, a file one of a form, and anything else the JSON body.
function sourceOf(name: string, schema: StandardSchemaV1, options: PlanOptions): Source {
  if (options.rule === 'task') return 'payload';
  if (options.pathNames?.includes(name)) return 'path';
  const { shape, json } = fieldOf(schema, 'strict', `${options.owner}: parameter "${name}"`);
  if (takesFiles(json)) return 'file';
  return shape === 'object' || shape === 'array' ? 'body' : 'query';
}

function carried(source: Source): string {
  if (source === 'file') return 'is a file (a text of the form would be form())';
  if (source === 'body') return 'comes from JSON, which has no files (those of a form are form() and file())';
  if (source === 'payload')
    return 'is input of a task, kept as JSON, which has no files (pass where the file is, or its bytes as base64)';
  return source === 'form' ? 'comes from a form as text, or as a file' : `comes from the ${source} as text`;
}

function wireName(name: string, source: Source, param: Param<unknown> | undefined): string {
  if (param?.alias !== undefined) return source === 'header' ? param.alias.toLowerCase() : param.alias;
  if (source !== 'header') return name;
  return (param?.convertUnderscores === false ? name : name.replaceAll('_', '-')).toLowerCase();
}

function modeOf(source: Source, coerceBody: boolean): Mode {
  if (textSources.includes(source)) return 'text';
  return source === 'body' && coerceBody ? 'lax' : 'strict';
}

const compiled = new WeakMap<object, Partial<Record<Mode, Field>>>();

// One schema is often declared in many places; it is compiled once per mode.
function fieldOf(schema: StandardSchemaV1, mode: Mode, owner: string): Field {
  let modes = compiled.get(schema);
  if (modes === undefined) compiled.set(schema, (modes = {}));
  const known = modes.strict ?? modes.text ?? modes.lax;
  return (modes[mode] ??= compileField(schema, mode, owner, known?.json));
}

const closedOnes = new WeakMap<object, Partial<Record<Mode, Field>>>();

// Internal routes have schemas of Cortado's own, which say themselves what they take.
function closedFieldOf({ name, schema }: DeclaredInput, mode: Mode, owner: string, options: PlanOptions): Field {
  const { json, shape } = fieldOf(schema, mode, owner);
  const closed = closedSchema(schema);
  const { vendor } = schema['~standard'];
  if (closed === undefined) {
    if (shape === 'scalar' || vendor === 'cortado') return fieldOf(schema, mode, owner);
    refusePlan(
      options,
      'CORTADO_OPTION_INVALID',
      `forbidExtra closes schemas of Zod, but that of "${name}" is of ${vendor}. Let it say itself that it takes no other keys ('+': 'reject' in ArkType, v.strictObject() in Valibot), and leave forbidExtra to routes with schemas of Zod.`,
    );
  }
  let modes = closedOnes.get(schema);
  if (modes === undefined) closedOnes.set(schema, (modes = {}));
  return (modes[mode] ??= compileField(closed, mode, owner, closedJson(json)));
}
