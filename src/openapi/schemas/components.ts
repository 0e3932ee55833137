import { isFile, type JsonSchema, refersTo } from '../../schema/json/json-schema.ts';
import { marks } from '../../schema/json/marks.ts';
import type { Direction } from '../../schema/library/library-options.ts';
import { copyJson, drop } from './copy-json.ts';
import { withDiscriminators } from './discriminators.ts';
import { namedParts, schemaName } from './named-parts.ts';

const prefix = '#/components/schemas/';

/**
 * The schemas that a document shares, by the names that they were given. One that takes another form in answers than in requests (what has
 * a default is always there in an answer) is two, `Item-Input` and `Item-Output`, as in FastAPI; another one of the same name gets a number.
 */
export class Components {
  // By name and direction, `Item:input`; references say the same until all forms are known.
  readonly #forms = new Map<string, JsonSchema>();
  readonly #isSeparate: boolean;

  /** @param isSeparate Whether a schema is two where only what is required differs. */
  constructor(isSeparate = true) {
    this.#isSeparate = isSeparate;
  }

  /** A schema as it stands in the document: shared parts by reference, and nothing of Cortado's own in it. */
  place(json: JsonSchema, direction: Direction): JsonSchema {
    const { root, parts, names: called } = namedParts(json);
    const rootName = schemaName(root) ?? (JSON.stringify(root).includes('"$ref":"#"') ? 'Recursive' : undefined);
    const stored = new Map(parts);
    if (rootName !== undefined) stored.set('#', root);
    const names = this.#store(stored, (key) => (key === '#' ? rootName! : called.get(key)!), direction, reserved);
    if (rootName !== undefined) return { $ref: `${prefix}${names.get('#')}` };
    return clean(withDiscriminators(root, stored), names);
  }

  /** Gives a schema of the document's own its place, and a reference to it. */
  add(name: string, schema: JsonSchema): JsonSchema {
    const names = this.#store(new Map([[name, schema]]), (key) => key, 'output', none);
    return { $ref: `${prefix}${names.get(name)}` };
  }

  /** Names all forms for good, in the rest of the document as well. */
  finish<T>(document: T): { readonly document: T; readonly schemas: Readonly<Record<string, JsonSchema>> } {
    const differing = this.#differing();
    const schemas = new Map<string, JsonSchema>();
    for (const [key, schema] of this.#forms) {
      const name = finalName(key, differing);
      // Of two that count as one, that of requests holds.
      if (!schemas.has(name) || key.endsWith(':input')) schemas.set(name, renamed(schema, differing));
    }
    return { document: renamed(document, differing), schemas: Object.fromEntries(schemas) };
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
      const forms = [...parts].map(([key, part]) => [key, clean(withDiscriminators(part, parts), names)] as const);
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
        const [one, other] = [input, output].map((form) => form && renamed(this.#compared(form), differing));
        if (input !== undefined && !same(one, other)) differing.add(name);
      }
    }
    return differing;
  }

  #compared(form: JsonSchema): JsonSchema {
    if (this.#isSeparate) return form;
    return copyJson(form, (key, member) =>
      key === 'required' && Array.isArray(member) ? drop : undefined,
    ) as JsonSchema;
  }
}

// Names of the document's own; an app's schema of such a name gets a number.
const reserved: ReadonlySet<string> = new Set(['ValidationError', 'HTTPValidationError']);
const none: ReadonlySet<string> = new Set();
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const safe = (name: string): string => name.replace(/[^\w.-]/g, '_');

function finalName(key: string, differing: ReadonlySet<string>): string {
  const [name = '', direction] = key.split(':');
  // Without a direction it is what an app wrote itself.
  if (direction === undefined || !differing.has(name)) return name;
  return `${name}-${direction === 'input' ? 'Input' : 'Output'}`;
}

/** A copy in which every reference to a form has its final name. */
function renamed<T>(value: T, differing: ReadonlySet<string>): T {
  const rename = (ref: string): string | undefined =>
    ref.startsWith(prefix) ? `${prefix}${finalName(ref.slice(prefix.length), differing)}` : undefined;
  return copyJson(value, (key, member) => referring(key, member, rename)) as T;
}

/** What stands in the place of a member that refers to schemas: `$ref`, and the mapping of a discriminator. */
function referring(key: string, member: unknown, rename: (ref: string) => string | undefined): unknown {
  if (key === '$ref' && typeof member === 'string') return rename(member);
  if (key !== 'discriminator' || !isObject(member) || !isObject(member['mapping'])) return undefined;
  const mapping = Object.entries(member['mapping']).map(([value, ref]) => [
    value,
    typeof ref === 'string' ? (rename(ref) ?? ref) : ref,
  ]);
  return { ...member, mapping: Object.fromEntries(mapping) };
}

/** A copy without marks and ids, whose references to parts lead to their forms. */
function clean(json: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const { id: _, ...rest } = isFile(json) ? shownFile(json) : json;
  return copyJson(rest, (key, member) => {
    if (isObject(member) && isFile(member)) return shownFile(member);
    // Schemas of safe integers carry their limits, which say nothing to a reader.
    const isLimit = (key === 'minimum' || key === 'maximum') && Math.abs(member as number) === Number.MAX_SAFE_INTEGER;
    if (key.startsWith(marks) || isLimit) return drop;
    return referring(key, member, (ref) => {
      const name = ref === '#' ? names.get('#') : refersTo(ref, (part) => names.get(part));
      return name === undefined ? undefined : `${prefix}${name}`;
    });
  }) as JsonSchema;
}

// JSON Schema knows no encoding of this name (Zod says it), and clients would be typed as sending text. One type of several stands beside the
// schema, in the encoding of the body.
function shownFile({ contentEncoding: _encoding, anyOf: _types, ...file }: JsonSchema): JsonSchema {
  return { ...file, contentMediaType: file['contentMediaType'] ?? 'application/octet-stream' };
}

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;
