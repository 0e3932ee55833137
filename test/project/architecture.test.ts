import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDoors, readSources, type Source } from './sources.ts';

// Each row imports only from rows above it; folders of one row do not import each other. ARCHITECTURE.md has the same table.
const layers = [
  ['base'],
  ['schema'],
  ['concurrency'],
  ['threads', 'loop'],
  ['declare'],
  ['inject'],
  ['openapi'],
  ['http', 'db', 'http-client', 'metrics'],
  ['queue'],
  ['security', 'testing'],
  ['dashboard'],
  ['cli'],
];
const rowOf = new Map(layers.flatMap((folders, row) => folders.map((folder) => [folder, row] as const)));

const sources = readSources();
const byPath = new Map(sources.map((source) => [source.path, source]));
const folderOf = (path: string): string => path.split('/')[0]!;
const isRootDoor = ({ path }: Source): boolean => path === 'index.ts';

test('every folder of src/ has its row', () => {
  const unknown = sources.filter((source) => !isRootDoor(source) && !rowOf.has(folderOf(source.path)));
  assert.deepEqual(
    unknown.map(({ path }) => path),
    [],
  );
});

test('each layer imports only from those above it', () => {
  const wrong = sources
    .filter((source) => !isRootDoor(source))
    .flatMap(({ path, imports }) =>
      imports
        .filter((target) => {
          const [from, to] = [rowOf.get(folderOf(path))!, rowOf.get(folderOf(target)) ?? Number.POSITIVE_INFINITY];
          return folderOf(path) !== folderOf(target) && to >= from;
        })
        .map((target) => `${path} imports ${target}`),
    );
  assert.deepEqual(wrong, []);
});

test('inner files never import a door', () => {
  const doors = new Set([...readDoors().values()]);
  const wrong = sources
    .filter(({ path }) => !doors.has(path))
    .flatMap(({ path, imports }) =>
      imports.filter((target) => doors.has(target)).map((target) => `${path} imports ${target}`),
    );
  assert.deepEqual(wrong, []);
});

test('every import names a file that is there', () => {
  const lost = sources.flatMap(({ path, imports }) =>
    imports.filter((target) => !byPath.has(target)).map((target) => `${path} imports ${target}`),
  );
  assert.deepEqual(lost, []);
});

test('no import cycle exists, types included', () => {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const target of byPath.get(path)?.imports ?? []) {
      const cycle = visit(target, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  const cycles = new Set(sources.flatMap(({ path }) => visit(path, [])?.sort().join(' → ') ?? []));
  assert.deepEqual([...cycles], []);
});

test('files stay short: a longer one is on the list, with its reason', () => {
  const long = sources
    .filter(({ path, text }) => text.split('\n').length > 320 && !path.includes('/lua/'))
    .map(({ path }) => path);
  assert.deepEqual(
    long.filter((path) => longFiles[path] === undefined),
    [],
  );
});

const longFiles: Readonly<Record<string, string>> = {
  'http/app/app.ts': 'the facade: mostly documentation of its options and methods',
  'db/model/model.ts': 'the facade of a model: mostly documentation and types of its methods',
  'declare/plan/plan.ts': 'one planner: its steps share their draft',
  'queue/engines/bullmq/bullmq-engine.ts': 'the whole contract of an engine, one method after the other',
  'queue/engines/memory/memory-engine.ts': 'the whole contract of an engine, one method after the other',
  'queue/engines/sql/sql-engine.ts': 'the whole contract of an engine, one method after the other',
  'queue/queue.ts': 'the facade: mostly documentation of its methods',
};
