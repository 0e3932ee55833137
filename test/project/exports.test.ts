import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportsOf, readDoors, readSources, root } from './sources.ts';

const sources = new Map(readSources().map((source) => [source.path, source]));
const snapshot = join(root, 'test/project/exports.json');

function publicNames(): Record<string, string[]> {
  const doors = [...readDoors()]
    .filter(([, path]) => sources.has(path))
    .map(([subpath, path]) => [subpath, [...exportsOf(sources.get(path)!).keys()].sort()]);
  return Object.fromEntries(doors) as Record<string, string[]>;
}

test('the public names are those of the snapshot (UPDATE_EXPORTS=1 writes it)', () => {
  if (process.env['UPDATE_EXPORTS'] !== undefined)
    writeFileSync(snapshot, `${JSON.stringify(publicNames(), null, 2)}\n`);
  assert.deepEqual(publicNames(), JSON.parse(readFileSync(snapshot, 'utf8')));
});

test('a door asks for a Node that is new enough, and only re-exports, name by name', () => {
  for (const path of readDoors().values()) {
    const rest = sources
      .get(path)!
      .text.replace(/export (?:type )?\{[^}]*\} from '[^']+';/g, '')
      .replace(/^\s*(?:\/\/|\/\*\*|\*).*$/gm, '')
      .trim();
    assert.match(rest, /^import '[./]+\/base\/process\/need-node\.ts';$/, `${path} does more, or less`);
  }
});

test('every public name has a docstring', () => {
  const bare = [...readDoors().values()].flatMap((door) =>
    [...exportsOf(sources.get(door)!)]
      .filter(([name, path]) => !isDocumented(sources.get(path)!.text, name))
      .map(([name, path]) => `${name} in ${path}`),
  );
  assert.deepEqual(bare, []);
});

function isDocumented(text: string, name: string): boolean {
  const declaration = new RegExp(
    `\\*/\\nexport (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\\*?|class|interface|type) ${name.replace('$', '\\$')}\\b`,
  );
  return declaration.test(text);
}
