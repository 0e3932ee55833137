import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What Zod hands from schema to schema while it parses. */
export interface Payload {
  value: unknown;
  issues: unknown[];
}

/** The settings of one parse, the same object for all of it. */
export interface ParseContext {
  readonly direction?: string;
  readonly async?: boolean;
  readonly skipChecks?: boolean;
  /** What is kept for the time of one parse. A WeakMap would keep it, and all that was parsed, until the next full garbage collection. */
  [kept: symbol]: unknown;
}

/** Parses a payload in place, or into another one. */
export type Parse = (payload: Payload, context: ParseContext) => Payload | Promise<Payload>;

/** A check of a schema of Zod 4, as far as it is looked at. */
export interface ZodCheck {
  readonly _zod: {
    readonly check?: (payload: Payload) => unknown;
    readonly def: { readonly check?: string; readonly when?: unknown; readonly fn?: unknown; readonly tx?: unknown };
  };
}

/** What a schema of Zod 4 was made of. */
export interface ZodTreeDef {
  readonly type: string;
  readonly checks?: readonly ZodCheck[];
  readonly [member: string]: unknown;
}

/** A schema of Zod 4, as far as its own contract for libraries shows it. */
export interface ZodTree extends StandardSchemaV1 {
  readonly _zod: {
    readonly def: ZodTreeDef;
    readonly constr: new (def: ZodTreeDef) => ZodTree;
    parse: Parse;
    run: Parse;
    /** Of a schema that is a check itself. */
    check?: (payload: Payload) => unknown;
  };
}

/** What takes the place of a schema: the members of its definition that change, and what is done to the schema that is made of it. */
export interface Change {
  readonly def?: Readonly<Record<string, unknown>>;
  readonly alter?: (made: ZodTree) => void;
}

/** Says what changes in a schema itself; the schemas inside of it are asked for one by one. */
export type ZodChanges = (schema: ZodTree) => Change | undefined;

export function isZod(schema: unknown): schema is ZodTree {
  return typeof (schema as Partial<ZodTree> | undefined)?._zod?.constr === 'function';
}

const lists: readonly string[] = ['items', 'options'];
// Members that are a schema, each with what a path calls it.
const members = {
  innerType: '',
  element: '[]',
  rest: '[]',
  catchall: '*',
  left: '',
  right: '',
  in: '',
  out: '',
  keyType: 'key',
  valueType: '*',
};

/** The schemas inside of a schema, each with its name there; a `lazy` is resolved, as its JSON Schema resolves it, too. */
export function innerOf({ _zod: { def } }: ZodTree): [name: string, schema: ZodTree][] {
  if (def.type === 'lazy') return [['', (def['getter'] as () => ZodTree)()]];
  const shape = def.type === 'object' ? Object.entries(def['shape'] as Record<string, ZodTree>) : [];
  const listed = lists.flatMap((name) => Object.entries(Array.isArray(def[name]) ? (def[name] as ZodTree[]) : []));
  const inside = Object.entries(members).map(([name, place]): [string, unknown] => [place, def[name]]);
  return [...shape, ...listed, ...inside].flatMap(([name, one]) => (isZod(one) ? [[name, behind(one)]] : []));
}

const standsFor = new WeakMap<ZodTree, ZodTree>();

/** A schema that runs in its own way in the place of another one, for which it is taken wherever schemas are walked. */
export function standIn(schema: ZodTree, run: Parse): ZodTree {
  const made = Object.create(schema, {
    _zod: { value: Object.create(schema._zod, { run: { value: run } }) },
  }) as ZodTree;
  standsFor.set(made, schema);
  return made;
}

function behind(schema: ZodTree): ZodTree {
  return standsFor.get(schema) ?? schema;
}

/** Whether anything changes in a schema or inside of it. */
export function hasChanges(schema: ZodTree, changes: ZodChanges, seen: Set<ZodTree> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return changes(schema) !== undefined || innerOf(schema).some(([, inner]) => hasChanges(inner, changes, seen));
}

/**
 * A schema like another one but for some changes; the schema itself where there are none. The app's own schemas stay as they are, for its
 * other uses of them.
 */
export function changedZod(schema: ZodTree, changes: ZodChanges): ZodTree {
  return hasChanges(schema, changes) ? rebuilt(schema, changes, new Map()) : schema;
}

function rebuilt(schema: ZodTree, changes: ZodChanges, known: Map<ZodTree, ZodTree>): ZodTree {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const { def, constr } = schema._zod;
  const inner = (one: unknown): unknown => (isZod(one) ? rebuilt(behind(one), changes, known) : one);
  const change = changes(schema);
  // Defaults are getters, which must stay ones.
  const descriptors = Object.getOwnPropertyDescriptors(def) as Record<string, PropertyDescriptor>;
  delete descriptors['_cachedInner'];
  const put = (name: string, value: unknown): void => {
    descriptors[name] = { value, configurable: true, enumerable: true, writable: true };
  };
  if (def.type === 'lazy') {
    const { getter } = def as unknown as { getter: () => ZodTree };
    put('getter', () => inner(getter()));
  } else if (def.type === 'object') put('shape', shapeOf(schema, inner));
  for (const name of lists) if (Array.isArray(def[name])) put(name, (def[name] as unknown[]).map(inner));
  for (const name of Object.keys(members)) if (isZod(def[name])) put(name, inner(def[name]));
  Object.assign(descriptors, Object.getOwnPropertyDescriptors(change?.def ?? {}));
  const made = new constr(Object.defineProperties({}, descriptors) as ZodTreeDef);
  known.set(schema, made);
  const alterations = [...(altered.get(schema) ?? []), ...(change?.alter === undefined ? [] : [change.alter])];
  for (const alter of alterations) alter(made);
  if (alterations.length > 0) altered.set(made, alterations);
  return made;
}

// What was done to a schema that was made here is done again to one that is made of it.
const altered = new WeakMap<ZodTree, readonly ((made: ZodTree) => void)[]>();

/** Gives a schema that was made here another way to parse. */
export function replaceParse({ _zod }: ZodTree, parse: Parse): void {
  // Without checks to be made after it, it is all of the run.
  if (_zod.run === _zod.parse) _zod.run = parse;
  _zod.parse = parse;
}

// Zod takes a shape with getters for one that may hold itself: it looks out for values that do, and compiles none of it.
function shapeOf(schema: ZodTree, inner: (schema: unknown) => unknown): object {
  const shape = schema._zod.def['shape'] as Record<PropertyKey, ZodTree>;
  const isLate = isRecursive(schema);
  const made = {};
  for (const key of Reflect.ownKeys(shape)) {
    // When it is first needed, a schema that holds itself is there.
    const value = isLate ? { get: () => inner(shape[key]) } : { value: inner(shape[key]), writable: true };
    Object.defineProperty(made, key, { ...value, enumerable: true, configurable: true });
  }
  return made;
}

const recursive = new WeakMap<ZodTree, boolean>();

/** Whether a schema, or one inside of it, holds itself. */
export function isRecursive(schema: ZodTree, above: Set<ZodTree> = new Set()): boolean {
  if (above.has(schema)) return true;
  let found = recursive.get(schema);
  if (found === undefined) {
    above.add(schema);
    found = innerOf(schema).some(([, one]) => isRecursive(one, above));
    above.delete(schema);
    recursive.set(schema, found);
  }
  return found;
}
