import type { JsonSchema } from '../json/json-schema.ts';

/** How a value that JSON has no type for is written there, and read. */
export interface WireForm {
  /** The format by which it is read. */
  readonly format: string;
  /** What documents say of it. */
  readonly json: Readonly<Record<'input' | 'output', JsonSchema>>;
}

/**
 * Where a schema of Zod has its wire form: in its definition, of which every copy takes what it has. By a name, since an app may load two copies of
 * Cortado.
 */
export const wireForm: unique symbol = Symbol.for('cortado.wireForm');

/** Where the definition of a default says that it stands for what was left out, which documents show as FastAPI does. */
export const leftOut: unique symbol = Symbol.for('cortado.leftOut');

/** What of a schema's definition is Cortado's own. */
export interface OwnMembers {
  readonly [wireForm]?: WireForm;
  readonly [leftOut]?: boolean;
}

/** Gives a schema members of Cortado's own. */
export function own<S extends { readonly _zod: { readonly def: object } }>(schema: S, members: OwnMembers): S {
  Object.assign(schema._zod.def, members);
  return schema;
}
