import { join, resolve } from 'node:path';

/** The folders of the builds that are compared, by name. */
export type Builds = Readonly<Record<'before' | 'again' | 'now', string>>;

/** This build and an earlier one, which runs twice. */
export function buildsOf(earlier: string): Builds {
  const before = resolve(earlier);
  return { before, again: before, now: join(import.meta.dirname, '../..') };
}
