import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSources } from './sources.ts';

/** Names that are declared twice on purpose, with the reason. */
const meant: Readonly<Record<string, string>> = {
  GroupHandle: "cortado/queue/celery has Celery's names, for what Celery's users look for",
  chain: "cortado/queue/celery has Celery's names, for what Celery's users look for",
  group: "cortado/queue/celery has Celery's names, for what Celery's users look for",
  database: 'a line of the text of a new migration',
};

test('no two files export one name with two meanings', () => {
  const owners = new Map<string, Set<string>>();
  for (const { path, text } of readSources())
    for (const [, name] of text.matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm,
    )) {
      const known = owners.get(name!) ?? new Set();
      owners.set(name!, known.add(path));
    }
  const twice = [...owners].filter(([, paths]) => paths.size > 1);
  assert.deepEqual(
    twice.filter(([name]) => meant[name] === undefined).map(([name, paths]) => `${name}: ${[...paths].join(', ')}`),
    [],
  );
  assert.deepEqual(
    Object.keys(meant).sort(),
    twice
      .map(([name]) => name)
      .filter((name) => name in meant)
      .sort(),
  );
});
