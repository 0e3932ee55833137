import { type NotAwaited, notAwaited } from '../../../base/not-awaited.ts';
import type { ModelDefinition } from '../table/definition.ts';

const known = new WeakMap<ModelDefinition, NotAwaited>();

/** Makes a promise of a row say that it is none yet, where somebody reads a column of it. */
export function pendingRow(definition: ModelDefinition): NotAwaited {
  let pending = known.get(definition);
  if (pending === undefined) {
    const members = [...definition.columnNames, 'save', 'refresh', 'delete'];
    known.set(definition, (pending = notAwaited(`a row of "${definition.table}"`, members)));
  }
  return pending;
}
