import { isFile, type JsonSchema, refersTo } from '../schema/json/json-schema.ts';
import { marks, nameMark } from '../schema/json/marks.ts';
import type { Direction } from '../schema/library/library-options.ts';

const prefix = '#/components/schemas/';

/**
 * The schemas that a document shares, by the names that they were given. One that takes another form in answers than in requests (what has
 * a default is always there in an answer) is two, `Item-Input` and `Item-Output`, as in FastAPI; another one of the same name gets a number.
 */
export class Components {
  // By name and direction, `Item:input`; references say the same until all forms are known.
  readonly #forms = new Map<string, JsonSchema>();

  /** A schema as it stands in the document: shared parts by reference, and nothing of Cortado's own in it. */
  place(json: JsonSchema, direction: Direction): JsonSchema {
    const { root, parts, names: called } = namedParts(json);
    const rootName = nameOf(root) ?? (JSON.stringify(root).includes('"$ref":"#"') ? 'Recursive' : undefined);
    const stored = new Map(parts);
    if (rootName !== undefined) stored.set('#', root);
    const names = this.#store(stored, (key) => (key === '#' ? rootName! : called.get(key)!), direction, reserved);
    return rootName === undefined ? clean(root, names) : { $ref: `${prefix}${names.get('#')}` };
  }

  /** Gives a schema of the document's own its place, and a reference to it. */
  add(name: string, schema: JsonSchema): JsonSchema {
    const names = this.#store(new Map([[name, schema]]), (key) => key, 'output', none);
    return { $ref: `${prefix}${names.get(name)}` };
  }

  /** Names all forms for good, in `paths` as well. */
  finish<T>(paths: T): { readonly paths: T; readonly schemas: Readonly<Record<string, JsonSchema>> } {
    const differing = this.#differing();
    const schemas = [...this.#forms].map(
      ([key, schema]) => [finalName(key, differing), renamed(schema, differing)] as const,
    );
    return { paths: renamed(paths, differing), schemas: Object.fromEntries(schemas) };
  }

  // Parts refer to one another, so they are stored together, under names that nothing else has.
  #store(
    parts: ReadonlyMap<string, JsonSchema>,
    called: (key: string) => string,
    direction: Direction,
    notFor: ReadonlySet<string>,
  ): ReadonlyMap<string, string> {
    for (const numbers = new Map<string, number>(); ; ) {
      const names = new Map<string, string>();
      for (const key of parts.keys()) {
        const number = numbers.get(key) ?? 1;
        names.set(key, `${safe(called(key))}${number === 1 ? '' : number}:${direction}`);
      }
      const forms = [...parts].map(([key, part]) => [key, clean(part, names)] as const);
      const taken = forms.find(([key, form], at) => {
        const name = names.get(key)!;
        const isTwin = forms.slice(0, at).some(([other, its]) => names.get(other) === name && !same(its, form));
        const known = this.#forms.get(name);
        return isTwin || notFor.has(name.split(':')[0]!) || (known !== undefined && !same(known, form));
      });
      if (taken === undefined) {
        for (const [key, form] of forms) this.#forms.set(names.get(key)!, form);
        return names;
      }
      numbers.set(taken[0], (numbers.get(taken[0]) ?? 1) + 1);
    }
  }

  // A form differs from its other direction in itself, or because one that it refers to does.
  #differing(): ReadonlySet<string> {
    const differing = new Set<string>();
    for (let size = -1; size < differing.size; ) {
      size = differing.size;
      for (const [key, output] of this.#forms) {
        const name = key.slice(0, key.lastIndexOf(':'));
        const input = key.endsWith(':output') ? this.#forms.get(`${name}:input`) : undefined;
        if (input !== undefined && !same(renamed(input, differing), renamed(output, differing))) differing.add(name);
      }
    }
    return differing;
  }
}

// Names of the document's own; an app's schema of such a name gets a number.
const reserved: ReadonlySet<string> = new Set(['ValidationError', 'HTTPValidationError']);
const none: ReadonlySet<string> = new Set();
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const safe = (name: string): string => name.replace(/[^\w.-]/g, '_');

function finalName(key: string, differing: ReadonlySet<string>): string {
  const [name = '', direction] = key.split(':');
  if (!differing.has(name)) return name;
  return `${name}-${direction === 'input' ? 'Input' : 'Output'}`;
}

/** A copy in which every reference to a form has its final name. */
function renamed<T>(value: T, differing: ReadonlySet<string>): T {
  return visit(value, (key, member) =>
    key === '$ref' && typeof member === 'string' && member.startsWith(prefix)
      ? `${prefix}${finalName(member.slice(prefix.length), differing)}`
      : undefined,
  ) as T;
}

/** A copy without marks and ids, whose references to parts lead to their forms. */
function clean(json: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const { id: _, ...rest } = isFile(json) ? shownFile(json) : json;
  return visit(rest, (key, member) => {
    if (isObject(member) && isFile(member)) return shownFile(member);
    // Schemas of safe integers carry their limits, which say nothing to a reader.
    const isLimit = (key === 'minimum' || key === 'maximum') && Math.abs(member as number) === Number.MAX_SAFE_INTEGER;
    if (key.startsWith(marks) || isLimit) return drop;
    if (key !== '$ref' || typeof member !== 'string') return undefined;
    const name = member === '#' ? names.get('#') : refersTo(member, (part) => names.get(part));
    return name === undefined ? undefined : `${prefix}${name}`;
  }) as JsonSchema;
}

// JSON Schema knows no encoding of this name (Zod says it), and clients would be typed as sending text. One type of several stands beside the
// schema, in the encoding of the body.
function shownFile({ contentEncoding: _encoding, anyOf: _types, ...file }: JsonSchema): JsonSchema {
  return { ...file, contentMediaType: file['contentMediaType'] ?? 'application/octet-stream' };
}

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

const drop = Symbol('drop');

/** Copies a JSON value; `replace` says what stands in a member's place, or leaves it with `undefined`. */
function visit(value: unknown, replace: (key: string, member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => replace('', item) ?? visit(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const replaced = replace(key, member);
    if (replaced !== drop) copy[key] = replaced ?? visit(member, replace);
  }
  return copy;
}

/** A schema that was taken apart: what it refers to, by key, and what each of those is called. */
interface NamedParts {
  readonly root: JsonSchema;
  readonly parts: ReadonlyMap<string, JsonSchema>;
  readonly names: ReadonlyMap<string, string>;
}

/** Takes out of a schema those inside of it that have names, and leaves references to them; shared parts of the library's own come along. */
function namedParts({ $defs = {}, ...json }: JsonSchema): NamedParts {
  const parts = new Map<string, JsonSchema>();
  const names = new Map<string, string>();
  const keys = new Map<string, string>();
  const takeOut = (value: unknown, isRoot: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => takeOut(item, false));
    if (typeof value !== 'object' || value === null) return value;
    const copy: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) copy[key] = takeOut(member, false);
    const name = copy[nameMark];
    if (isRoot || typeof name !== 'string') return copy;
    const text = JSON.stringify(copy);
    let key = keys.get(text);
    if (key === undefined) {
      key = `${name}#${keys.size}`;
      keys.set(text, key);
      parts.set(key, copy as JsonSchema);
      names.set(key, name);
    }
    return { $ref: `#/$defs/${key}` };
  };
  for (const [key, part] of Object.entries($defs)) {
    parts.set(key, takeOut(part, true) as JsonSchema);
    names.set(key, nameOf(part) ?? key);
  }
  const root = takeOut(json, true) as JsonSchema;
  return { root, parts, names };
}

/** The name that a schema has, of Cortado's own or of its library's metadata. */
function nameOf(json: JsonSchema): string | undefined {
  const name = json['id'] ?? json[nameMark];
  return typeof name === 'string' ? name : undefined;
}
