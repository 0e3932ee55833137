import type { JsonSchema } from '../../schema/json/json-schema.ts';
import { nameMark } from '../../schema/json/marks.ts';

/** A schema that was taken apart: what it refers to, by key, and what each of those is called. */
export interface NamedParts {
  readonly root: JsonSchema;
  readonly parts: ReadonlyMap<string, JsonSchema>;
  readonly names: ReadonlyMap<string, string>;
}

/** Takes out of a schema those inside of it that have names, and leaves references to them; shared parts of the library's own come along. */
export function namedParts({ $defs = {}, ...json }: JsonSchema): NamedParts {
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
    names.set(key, schemaName(part) ?? key);
  }
  const root = takeOut(json, true) as JsonSchema;
  return { root, parts, names };
}

/** The name that a schema has, of Cortado's own or of its library's metadata. */
export function schemaName(json: JsonSchema): string | undefined {
  const name = json['id'] ?? json[nameMark];
  return typeof name === 'string' ? name : undefined;
}
