import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { composeScripts, luaModules } from '../../scripts/write-lua.ts';
import { isOwnResult } from '../../src/queue/engines/celery/wire/result.ts';
import { columns } from '../../src/queue/engines/ledger/ledger-record.ts';
import { findCommand, needDebian } from '../support/debian.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { root } from './sources.ts';

const sources = join(root, 'src');
const engines = 'queue/engines';
const composed = composeScripts();
const files = globSync('**/lua/**/*.lua', { cwd: sources }).sort();
const textOf = (path: string): string => readFileSync(join(sources, path), 'utf8');

for (const [path, text] of luaModules()) {
  test(`${basename(path)} is what its files of Lua say; if not, run node scripts/write-lua.ts`, () => {
    assert.equal(textOf(path), text);
  });
}

test('each step tells its keys, arguments and answer in its head, and each part what it is', () => {
  const wanted = (path: string): readonly string[] =>
    path.includes('/parts/') ? ['--- '] : ['--- ', '--- Keys: ', '--- Arguments: ', '--- Answer: '];
  const wrong = files.flatMap((path) => {
    const head = textOf(path).split('\n');
    return wanted(path)
      .filter((start, at) => !(at === 0 ? head[0]!.startsWith(start) : head.some((line) => line.startsWith(start))))
      .map((start) => `${path} has no line that begins with "${start}"`);
  });
  assert.deepEqual(wrong, []);
});

test('a result that a script writes carries the mark of a result of ours', () => {
  const [, start] = /meta = '([^']*)'/.exec(textOf(`${engines}/celery/lua/parts/announce.lua`))!;
  assert.ok(isOwnResult(start!), start!);
});

test('each part is used by a script', () => {
  const used = new Set([...composed.values()].flat().flatMap(({ parts }) => parts.map(({ path }) => path)));
  assert.deepEqual(
    files.filter((path) => !used.has(path)),
    [],
  );
});

test('a task that starts is read back by the columns that it was asked for', () => {
  const text = textOf(`${engines}/ledger/lua/parts/whole.lua`);
  const asked = [...text.slice(text.indexOf('HMGET')).matchAll(/'(\w+)'/g)].map(([, name]) => name);
  assert.deepEqual(asked, columns);
  const [names, numbers] = [...text.matchAll(/local (c_.*) = (.*)/g)]
    .map(([, left, right]) => [left!.split(', '), right!.split(', ')] as const)
    .reduce(
      ([names, numbers], [left, right]) => [
        [...names, ...left],
        [...numbers, ...right],
      ],
      [[], []] as [string[], string[]],
    );
  assert.deepEqual(
    names.map((name) => columns.indexOf(name.slice(2) as (typeof columns)[number]) + 1),
    numbers.map(Number),
  );
});

const missing = needDebian(['lua-check'], () => findCommand('luacheck') !== undefined);

test('luacheck has nothing to say of any script, as each transport runs it', { skip: missing }, () => {
  const folder = temporaryFolder('lua');
  try {
    const lines = new Map<string, string[]>();
    for (const [module, scripts] of composed) {
      const transport = basename(module, '.ts');
      mkdirSync(join(folder, transport));
      for (const { step, parts } of scripts) {
        const path = `${transport}/${step}.lua`;
        writeFileSync(join(folder, path), parts.flatMap((part) => part.lines.map(({ code }) => `${code}\n`)).join(''));
        const origins = parts.flatMap((part) => part.lines.map(({ number }) => `${part.path}:${number}`));
        lines.set(path, origins);
      }
    }
    // Each part may do without some of what every script begins with, and a hook without some of what it is given.
    const beginning = ['P', 'now', 'call', 'arg', 'number', 'key'].flatMap((name) => ['--ignore', `211/${name}`]);
    const options = [
      '--std',
      'lua51',
      '--read-globals',
      'redis',
      'cjson',
      'ARGV',
      '--no-unused-args',
      '--max-line-length',
      '160',
    ];
    const { stdout, status } = spawnSync(
      'luacheck',
      ['.', ...options, ...beginning, '--codes', '--formatter', 'plain', '--no-cache'],
      { cwd: folder, encoding: 'utf8' },
    );
    const found = stdout.split('\n').filter((line) => line !== '');
    const named = found.map((line) => {
      const [, path, at, what] = /^(?:\.\/)?(\S+?):(\d+):\d+: (.*)$/.exec(line) ?? [];
      return path === undefined ? line : `${lines.get(path)?.[Number(at) - 1] ?? at}: ${what} (${path})`;
    });
    assert.deepEqual({ named, status }, { named: [], status: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
