import { isDeepStrictEqual } from 'node:util';
import { fullestMember } from './fullest-member.ts';
import { isZodsOwn, refused, type ZodCompiler, type ZodParser } from './zod-compiler.ts';
import { changedZod, innerOf, isRecursive, type Parse, type ZodCheck, type ZodTree } from './zod-tree.ts';

/** Why a schema is not compiled as a whole: what is in the way, and where. */
export interface Obstacle {
  readonly path: string;
  readonly reason: string;
}

const pureTypes: ReadonlySet<string> = new Set(
  'string number boolean bigint symbol undefined null any unknown never void nan date object optional nullable array literal enum readonly default prefault nonoptional tuple union record map set file template_literal success pipe'.split(
    ' ',
  ),
);
const otherTypes: Readonly<Record<string, string>> = {
  lazy: 'it may hold itself',
  catch: 'a catch',
  // Compiled by Zod 4.6.7, one of what may be left out takes a key that is missing; Zod itself does not.
  intersection: 'an intersection',
};
const pureChecks: ReadonlySet<string> = new Set(
  'greater_than less_than multiple_of number_format bigint_format min_length max_length length_equals min_size max_size size_equals string_format mime_type overwrite'.split(
    ' ',
  ),
);
// A scalar inside of something that is not compiled gains less than it costs.
const holders: ReadonlySet<string> = new Set(['object', 'array', 'tuple', 'record', 'union', 'map', 'set']);

/**
 * What keeps a schema from being compiled: a function of the app in it, above all, which would run twice for what is refused, as Zod then begins
 * anew; `undefined` where nothing does.
 */
export function obstacleTo(schema: ZodTree): Obstacle | undefined {
  return isRecursive(schema) ? { path: '', reason: 'it holds itself' } : look(schema, '', new Map());
}

type Verdicts = Map<ZodTree, Obstacle | undefined>;

function look(schema: ZodTree, path: string, verdicts: Verdicts): Obstacle | undefined {
  if (verdicts.has(schema)) return verdicts.get(schema);
  const { type, checks = [] } = schema._zod.def;
  const reason = ownReason(schema) ?? checks.map(checkReason).find(Boolean);
  let found = reason === undefined ? undefined : { path, reason: `${type}: ${reason}` };
  for (const [name, inner] of found === undefined ? innerOf(schema) : []) {
    found = look(inner, [path, name].filter(Boolean).join('.'), verdicts);
    if (found !== undefined) break;
  }
  verdicts.set(schema, found);
  return found;
}

function ownReason(schema: ZodTree): string | undefined {
  const { def } = schema._zod;
  if (!pureTypes.has(def.type)) return otherTypes[def.type] ?? 'a function of the app';
  if (def['coerce'] === true) return 'coercion';
  if (typeof def['transform'] === 'function' || typeof def['fn'] === 'function') return 'a function of the app';
  if (def.type === 'union' && def['inclusive'] === false) return 'exactly one member may fit';
  if (fullestMember(schema) !== undefined) return 'its fullest member is chosen';
  if ((def.type === 'default' || def.type === 'prefault') && !isConstant(() => def['defaultValue']))
    return 'a default that the app makes';
  return undefined;
}

function checkReason({ _zod: { def } }: ZodCheck): string | undefined {
  const { check = '', fn, tx, when } = def;
  const isPure =
    pureChecks.has(check) && fn === undefined && [tx, when].every((one) => one === undefined || isZodsOwn(one));
  return isPure ? undefined : 'a function of the app in a check';
}

// What a function makes differs each time, where it matters how often it is called.
function isConstant(given: () => unknown): boolean {
  try {
    return isDeepStrictEqual(given(), given());
  } catch {
    return false;
  }
}

const parsers = new WeakMap<ZodTree, ZodParser | undefined>();

/** A schema compiled as a whole; `undefined` where something is in the way, or Zod cannot. */
export function wholeParser(schema: ZodTree, compile: ZodCompiler): ZodParser | undefined {
  if (!parsers.has(schema))
    parsers.set(schema, obstacleTo(schema) === undefined ? compiled(schema, compile) : undefined);
  return parsers.get(schema);
}

/** A schema without the checks that are functions of the app. */
export function withoutOwnChecks(schema: ZodTree): ZodTree {
  return changedZod(schema, ({ _zod: { def } }) => {
    const { checks = [] } = def;
    const pure = checks.filter((check) => checkReason(check) === undefined);
    return pure.length === checks.length ? undefined : { def: { checks: pure } };
  });
}

function compiled(schema: ZodTree, compile: ZodCompiler): ZodParser | undefined {
  try {
    return compile(schema);
  } catch {
    return undefined;
  }
}

/**
 * A schema whose parts without functions of the app are compiled, each as large as it can be: as Zod runs them, but for what is right, which takes
 * the short way. The members of lists and records are compiled once more each, as one that is wrong is among many that are right. The schema
 * itself where it has no such parts.
 */
export function withCompiledParts(schema: ZodTree, compile: ZodCompiler): ZodTree {
  const parts = new Set<ZodTree>();
  if (obstacleTo(schema) === undefined) collectMembers(schema, parts, new Set());
  else collect(schema, parts, new Map(), new Set());
  return changedZod(schema, (one) => (parts.has(one) ? { alter: (made) => compileLate(made, compile) } : undefined));
}

function collect(schema: ZodTree, parts: Set<ZodTree>, verdicts: Verdicts, seen: Set<ZodTree>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  if (isRecursive(schema) || look(schema, '', verdicts) !== undefined)
    for (const [, inner] of innerOf(schema)) collect(inner, parts, verdicts, seen);
  else if (holders.has(schema._zod.def.type)) {
    parts.add(schema);
    collectMembers(schema, parts, new Set());
  }
}

function collectMembers(schema: ZodTree, parts: Set<ZodTree>, seen: Set<ZodTree>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  const hasMany = schema._zod.def.type === 'array' || schema._zod.def.type === 'record';
  for (const [, inner] of innerOf(schema)) {
    if (hasMany && holders.has(inner._zod.def.type)) parts.add(inner);
    collectMembers(inner, parts, seen);
  }
}

/** Compiles a schema as it runs for the first time: by then all that it holds is there. */
function compileLate(made: ZodTree, compile: ZodCompiler): void {
  const { run, parse } = made._zod;
  // Zod puts another parse in place of its first one, which it looks for in `run`.
  const usual: Parse = run === parse ? (payload, context) => made._zod.parse(payload, context) : run;
  const first: Parse = (payload, context) => {
    const parser = compiled(made, compile);
    made._zod.run = parser === undefined ? usual : shortened(parser, usual);
    return made._zod.run(payload, context);
  };
  made._zod.run = first;
}

function shortened(parser: ZodParser, usual: Parse): Parse {
  return (payload, context) => {
    // A compiled schema knows one direction, and no promises.
    if (context.async === true || context.direction === 'backward' || context.skipChecks === true)
      return usual(payload, context);
    const value = parser(payload.value);
    if (value === refused) return usual(payload, context);
    payload.value = value;
    return payload;
  };
}
