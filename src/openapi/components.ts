import type { JsonSchema } from '../schema/json-schema.ts';
import { marks } from '../schema/library-options.ts';

/** The schemas that a document shares, by name. Schemas with an `id` move here; the same name with another content gets a number. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  /** A schema as it stands in the document: shared parts by reference, and nothing of Cortado's own in it. */
  place(json: JsonSchema): JsonSchema {
    const { $defs, ...root } = json;
    const names = new Map<string, string>();
    for (const key of Object.keys($defs ?? {})) names.set(key, this.#safe(key));
    for (const [key, definition] of Object.entries($defs ?? {}))
      this.#store(names.get(key)!, this.#clean(definition, names));
    return this.#named(this.#clean(root, names));
  }

  #named(json: JsonSchema): JsonSchema {
    const { id, ...rest } = json as JsonSchema & { id?: unknown };
    if (typeof id !== 'string') return json;
    return { $ref: `#/components/schemas/${this.#store(this.#safe(id), rest)}` };
  }

  // The same schema comes from many routes; another one under its name must not replace it.
  #store(name: string, json: JsonSchema): string {
    const { id: _, ...schema } = json as JsonSchema & { id?: unknown };
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? name : `${name}${number}`;
      const known = this.schemas[candidate];
      if (known === undefined || JSON.stringify(known) === JSON.stringify(schema)) {
        this.schemas[candidate] = schema;
        return candidate;
      }
    }
  }

  #safe(name: string): string {
    return name.replace(/[^\w.-]/g, '_');
  }

  #clean(json: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
    const visit = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(visit);
      if (typeof value !== 'object' || value === null) return value;
      const copy: Record<string, unknown> = {};
      for (const [key, member] of Object.entries(value)) {
        // Schemas of safe integers carry their limits, which say nothing to a reader.
        if (
          key.startsWith(marks) ||
          ((key === 'minimum' || key === 'maximum') && Math.abs(member as number) === Number.MAX_SAFE_INTEGER)
        )
          continue;
        copy[key] = key === '$ref' && typeof member === 'string' ? this.#reference(member, names) : visit(member);
      }
      return copy;
    };
    return visit(json) as JsonSchema;
  }

  #reference(ref: string, names: ReadonlyMap<string, string>): string {
    const key = /^#\/\$defs\/(.+)$/.exec(ref)?.[1];
    return key === undefined ? ref : `#/components/schemas/${names.get(key) ?? key}`;
  }
}
