import { resolve } from 'node:path';
import { invalidOption } from '../../base/error.ts';
import { type DatabaseLocation, parseDatabaseUrl } from '../../db/engine/database-url.ts';
import type { QueueOptions } from '../declare/queue-options.ts';

const takenIn = new WeakMap<object, Readonly<Record<'engine' | 'outbox', Map<unknown, object>>>>();

/**
 * Takes the place where a queue keeps its tasks, and its outbox, among all queues of an app. Workers claim by queue, not by name, so two
 * in one place would run into tasks that only the other one declares, and an outbox would hand on what belongs to the other.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID` where another queue of the app has it.
 */
export function takePlace(app: object, queue: object, options: Pick<QueueOptions, 'engine' | 'outbox'>): void {
  const taken = takenIn.get(app) ?? { engine: new Map(), outbox: new Map() };
  takenIn.set(app, taken);
  for (const use of ['engine', 'outbox'] as const) {
    const place = placeOf(options[use]);
    if (place === undefined) continue;
    if ((taken[use].get(place) ?? queue) !== queue)
      throw invalidOption(
        `app.use(queue): another queue of this app has the same ${use}, so each would get tasks that only the other declares. Declare all tasks on one Queue: modules can share it, and it can have several queues.`,
      );
    taken[use].set(place, queue);
  }
}

// `undefined` for what nobody else can have.
function placeOf(choice: QueueOptions['engine']): unknown {
  if (choice === undefined) return undefined;
  if (typeof choice === 'object') return '~location' in choice ? databaseOf(choice['~location'], choice) : choice;
  if (/^memory:/i.test(choice)) return undefined;
  return /^(sqlite|postgres(ql)?):/i.test(choice) ? databaseOf(parseDatabaseUrl(choice), undefined) : choice;
}

function databaseOf(location: unknown, inMemory: object | undefined): unknown {
  const found = location as DatabaseLocation;
  if (found.kind === 'postgres') return found.url;
  return found.path === ':memory:' ? inMemory : resolve(found.path);
}
