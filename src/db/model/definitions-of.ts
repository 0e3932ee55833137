import type { Decoders } from '../engine/database-engine.ts';
import type { AnyModel } from './model.ts';
import { decodersOf, type ModelDefinition } from './table/definition.ts';
import type { DatabaseKind } from './table/home.ts';

/** The definitions of a database's models, each with a name: that of its class, else the key that it has here. */
export function definitionsOf(models: Readonly<Record<string, AnyModel>>): readonly ModelDefinition[] {
  return Object.entries(models).map(([key, model]) => {
    const { definition } = model;
    definition.name ??= (model as { readonly name?: string }).name || key;
    return definition;
  });
}

/** What turns a database's values into those of models, by table and column. */
export function allDecoders(definitions: readonly ModelDefinition[], kind: DatabaseKind): Decoders {
  return new Map(definitions.map((definition) => [definition.table, decodersOf(definition, kind)]));
}
