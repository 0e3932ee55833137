import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { readDoors, readSources, type Source } from './sources.ts';

// Each row imports only from rows above it; folders of one row do not import each other. ARCHITECTURE.md has the same table.
const layers = [
  ['base'],
  ['schema'],
  ['settings', 'values'],
  ['concurrency'],
  ['threads', 'loop'],
  ['declare'],
  ['inject'],
  ['openapi'],
  ['asyncapi'],
  ['http', 'db', 'http-client', 'metrics', 'redis'],
  ['outbox'],
  ['queue', 'channels'],
  ['security', 'testing'],
  ['cli'],
];
const rowOf = rowsOf(layers);

// The same inside of a folder, for those that have folders of their own; '.' stands for the files that lie directly in it.
const rooms: Readonly<Record<string, readonly (readonly string[])[]>> = {
  base: [
    ['.', 'show'],
    ['process', 'json'],
  ],
  schema: [['json'], ['issues', 'library'], ['coerce'], ['explain'], ['.']],
  loop: [['measure'], ['watchdog'], ['.']],
  declare: [['.'], ['plan'], ['route'], ['socket']],
  openapi: [['schemas', 'options'], ['operations'], ['.'], ['pages']],
  http: [
    ['log', 'request'],
    ['fast', 'files', 'streams', 'uploads'],
    ['read', 'respond', 'routes', 'stop'],
    ['errors', 'outgoing'],
    ['send'],
    ['road', 'server'],
    ['mounts', 'sockets/messages', 'sockets/plan'],
    ['proxy', 'sockets/connection'],
    ['sockets/handshake'],
    ['sockets'],
    ['app'],
  ],
  db: [
    ['engine', 'sqlite/thread'],
    ['session', 'model/table', 'sqlite', 'postgres/statements'],
    ['model/conditions', 'model/rows', 'postgres'],
    ['model', 'schema', 'kysely'],
    ['.'],
    ['store'],
  ],
  queue: [
    ['payload', 'engines/sql/sentinel', 'engines/ledger/lua', 'engines/bullmq/lua', 'engines/celery/lua'],
    ['contract'],
    ['declare', 'watch', 'engines/memory', 'engines/sql/store', 'engines/ledger', 'engines/celery/wire'],
    ['enqueue', 'routes', 'engines/outbox', 'engines/sql', 'engines/bullmq', 'engines/celery/results'],
    ['run', 'engines/celery/brokers'],
    ['engines/celery/messages'],
    ['engines/celery/worker', 'engines/celery/rpc'],
    ['engines/celery'],
    ['engines'],
    ['.'],
    ['celery'],
  ],
  security: [['schemes'], ['tickets'], ['.']],
  channels: [
    ['contract', 'engines/redis/lua'],
    ['declare', 'engines/memory', 'engines/redis', 'engines/sql', 'join', 'presence', 'read'],
    ['engines'],
    ['.'],
  ],
  cli: [['process'], ['terminal', 'app'], ['dev', 'run', 'migrate', 'tasks', 'routes', 'openapi'], ['worker'], ['.']],
};

// More are hard to take in at a glance. Of what is in `lua` a script each is a file.
const mostFiles = 14;
const longest = 320;

const sources = readSources();
const byPath = new Map(sources.map((source) => [source.path, source]));
const folderOf = (path: string): string => path.split('/')[0]!;
const roomOf = (path: string): string => dirname(path).slice(folderOf(path).length + 1) || '.';
const isRootDoor = ({ path }: Source): boolean => path === 'index.ts';

test('every folder of src/ has its row', () => {
  const unknown = sources.filter((source) => !isRootDoor(source) && !rowOf.has(folderOf(source.path)));
  assert.deepEqual(
    unknown.map(({ path }) => path),
    [],
  );
});

test('each layer imports only from those above it', () => {
  const wrong = importsOf(sources.filter((source) => !isRootDoor(source))).filter(({ path, target }) => {
    const [from, to] = [rowOf.get(folderOf(path))!, rowOf.get(folderOf(target)) ?? Number.POSITIVE_INFINITY];
    return folderOf(path) !== folderOf(target) && to >= from;
  });
  assert.deepEqual(wrong.map(inWords), []);
});

test('every layer is there', () => {
  const there = new Set(sources.map(({ path }) => folderOf(path)));
  assert.deepEqual(
    layers.flat().filter((folder) => !there.has(folder)),
    [],
  );
});

test('a folder with folders has their order, and nothing else has', () => {
  const nested = new Set(sources.filter(({ path }) => roomOf(path) !== '.').map(({ path }) => folderOf(path)));
  assert.deepEqual(Object.keys(rooms).sort(), [...nested].sort());
});

for (const [folder, rows] of Object.entries(rooms)) {
  const inside = sources.filter(({ path }) => folderOf(path) === folder);
  const own = importsOf(inside).filter(({ target }) => folderOf(target) === folder);

  test(`src/${folder}: its folders are those of the order, each imports only from rows above it`, () => {
    const rowOfRoom = rowsOf(rows);
    const there = new Set(inside.map(({ path }) => roomOf(path)));
    assert.deepEqual(
      [...there].filter((room) => !rowOfRoom.has(room)),
      [],
      'folders without a row',
    );
    assert.deepEqual(
      rows.flat().filter((room) => !there.has(room)),
      [],
      'folders that are not there',
    );
    const wrong = own.filter(({ path, target }) => {
      const [from, to] = [roomOf(path), roomOf(target)];
      return from !== to && rowOfRoom.get(to)! >= rowOfRoom.get(from)!;
    });
    assert.deepEqual(wrong.map(inWords), []);
    assert.deepEqual(idleRows(rows, own, roomOf), [], 'rows that could be one with the row above');
  });
}

test('no two folders import each other, not even by way of others', () => {
  const graph = new Map<string, Set<string>>();
  for (const { path, target } of importsOf(sources.filter((source) => !isRootDoor(source)))) {
    const [from, to] = [dirname(path), dirname(target)];
    if (from !== to) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  }
  assert.deepEqual(
    cyclesOf([...graph.keys()], (folder) => [...(graph.get(folder) ?? [])]),
    [],
  );
});

test(`no folder holds more than ${mostFiles} files`, () => {
  const counts = Map.groupBy(sources, ({ path }) => dirname(path));
  const full = [...counts].filter(([folder, { length }]) => length > mostFiles && !`${folder}/`.includes('/lua/'));
  assert.deepEqual(
    full.map(([folder, { length }]) => `src/${folder} holds ${length} files`),
    [],
  );
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

test('the environment is read at its edges alone: all other code is handed settings', () => {
  const readers = sources.filter(({ code }) => /\bprocess\.env\b|\benv\b[^;]*from 'node:process'/.test(code));
  assert.deepEqual(readers.map(({ path }) => path).sort(), Object.keys(edges).sort());
});

const edges: Readonly<Record<string, string>> = {
  'base/process/process-settings.ts': 'reads the settings of the process',
  'cli/app/load-app.ts': "sets PORT and NODE_ENV for the app's own code and its libraries",
  'cli/dev/supervisor.ts': 'asks whether npm started it',
  'settings/settings.ts': "reads the app's own settings, by its schema",
  'cli/terminal/hide-secrets.ts': 'looks in a text for the values of all variables',
};

test('one file alone looks for others from where it stands: bundled, the rest of the code lies elsewhere', () => {
  const lookers = sources.filter(({ code }) =>
    /import\.meta\.(?:url|dirname|filename)/.test(
      code.replace(/createRequire\(import\.meta\.url\)|new URL\('\.\/cpu\.ts', \S+\)/g, ''),
    ),
  );
  assert.deepEqual(
    lookers.map(({ path }) => path),
    ['base/process/own-files.ts'],
  );
});

// V8's young collections keep what an old WeakMap has, where it leads back to its key: all that a request read would wait for a full collection.
test('no WeakMap holds what belongs to a request: each is on the list, with what its keys are', () => {
  const holders = sources.filter(({ code }) => /new WeakMap\b/.test(code));
  assert.deepEqual(holders.map(({ path }) => path).sort(), Object.keys(longLived).sort());
});

const longLived: Readonly<Record<string, string>> = {
  'channels/channels.ts': 'apps',
  'channels/engines/sql/sql-engine.ts': 'databases',
  'cli/run/workers.ts': 'worker processes',
  'concurrency/on-abort.ts': "signals of the app's own, with listeners that are taken off",
  'db/kysely/unit-driver.ts': 'units with savepoints of Kysely, names alone',
  'db/model/rows/pending-row.ts': 'models',
  'db/model/rows/write-row.ts': 'schemas',
  'db/postgres/postgres-pool.ts': 'connections',
  'db/postgres/statements/postgres-statement.ts': 'connections',
  'declare/plan/plan-input.ts': 'schemas',
  'loop/strict-loop.ts': 'requests that held the loop up, in tests',
  'queue/engines/take-place.ts': 'databases',
  'queue/payload/revive-result.ts': 'schemas',
  'schema/library/compiled-parts.ts': 'schemas',
  'schema/library/schema-names.ts': 'schemas',
  'schema/library/validator.ts': 'schemas',
  'schema/library/zod-tree.ts': 'schemas',
  'schema/explain/explain.ts': 'JSON Schemas of fields',
  'schema/output-validator.ts': 'schemas',
  'threads/transfer.ts': 'values of one call of a thread, with lists of buffers that do not lead back',
};

test('every import names a file that is there', () => {
  const lost = sources.flatMap(({ path, imports }) =>
    imports.filter((target) => !byPath.has(target)).map((target) => `${path} imports ${target}`),
  );
  assert.deepEqual(lost, []);
});

test('no import cycle exists, types included', () => {
  const paths = sources.map(({ path }) => path);
  assert.deepEqual(
    cyclesOf(paths, (path) => byPath.get(path)?.imports ?? []),
    [],
  );
});

test('files stay short: a longer one is on the list, with its reason, and no other is', () => {
  const long = sources.filter(({ path, text }) => text.split('\n').length > longest && !path.includes('/lua/'));
  assert.deepEqual(long.map(({ path }) => path).sort(), Object.keys(longFiles).sort());
});

const longFiles: Readonly<Record<string, string>> = {
  'http/app/app.ts': 'the facade: mostly documentation of its options and methods',
  'http/request/context.ts': 'the facade of a request: mostly documentation of its methods',
  'db/model/model.ts': 'the facade of a model: mostly documentation and types of its methods',
  'queue/engines/bullmq/bullmq-engine.ts': 'the whole contract of an engine, one method after the other',
};

interface Import {
  readonly path: string;
  readonly target: string;
}

function importsOf(some: readonly Source[]): Import[] {
  return some.flatMap(({ path, imports }) => imports.map((target) => ({ path, target })));
}

function inWords({ path, target }: Import): string {
  return `${path} imports ${target}`;
}

function rowsOf(rows: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  return new Map(rows.flatMap((names, row) => names.map((name) => [name, row] as const)));
}

/** The rows of which nothing imports from the row right above: an order that nobody needs. */
function idleRows(
  rows: readonly (readonly string[])[],
  imports: readonly Import[],
  nameOf: (path: string) => string,
): string[] {
  const rowOfName = rowsOf(rows);
  const used = new Set(
    imports.flatMap(({ path, target }) => {
      const row = rowOfName.get(nameOf(path));
      return row !== undefined && rowOfName.get(nameOf(target)) === row - 1 ? [row] : [];
    }),
  );
  return rows.slice(1).flatMap((names, index) => (used.has(index + 1) ? [] : [names.join(', ')]));
}

function cyclesOf(names: readonly string[], importsOfName: (name: string) => readonly string[]): string[] {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const target of importsOfName(name)) {
      const cycle = visit(target, [...trail, name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(name);
    return undefined;
  };
  return [...new Set(names.flatMap((name) => visit(name, [])?.join(' → ') ?? []))];
}
