import { plainCopy, shareObjects } from './plain-copy.ts';
import type { Change, ZodTree } from './zod-tree.ts';

/**
 * Makes what a schema fills in fresh each time: Zod hands out the objects inside of a default, and all of what a `catch` gives, again and
 * again, so that what one request does to them would be there in the next.
 */
export function freshDefaults({ _zod: { def } }: ZodTree): Change | undefined {
  if (def.type === 'default' || def.type === 'prefault') {
    const given = (): unknown => def['defaultValue'];
    if (!isShared(given)) return undefined;
    return { def: Object.defineProperty({}, 'defaultValue', { get: () => plainCopy(given()), enumerable: true }) };
  }
  if (def.type !== 'catch') return undefined;
  const given = def['catchValue'] as (context: unknown) => unknown;
  if (!isShared(() => given(undefined))) return undefined;
  return { def: { catchValue: (context: unknown) => plainCopy(given(context)) } };
}

function isShared(given: () => unknown): boolean {
  try {
    return shareObjects(given(), given());
  } catch {
    // A function that makes it of what was refused.
    return false;
  }
}
