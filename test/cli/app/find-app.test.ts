import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findApp } from '../../../src/cli/app/find-app.ts';
import { findFile } from '../../../src/cli/app/find-file.ts';
import { App } from '../../../src/index.ts';
import { coded } from '../../support/coded.ts';
import { makeProject } from '../../support/project.ts';

const app = (title: string): App => new App({ title, logger: false });
const [one, two, three] = [app('one'), app('two'), app('three')];

const exported: readonly [string, Record<string, unknown>, string | undefined, App | readonly string[]][] = [
  ['the default export', { default: one, app: two, other: three }, undefined, one],
  ['`app` without a default export', { other: one, app: two }, undefined, two],
  ['`app` where the default export is something else', { default: 1, app: two }, undefined, two],
  ['the only App', { port: 1, cafe: three }, undefined, three],
  ['the named one', { default: one, other: two }, 'other', two],
  ['none of several', { a: one, b: two }, undefined, ['--app a or --app b']],
  ['none where the name is not exported', { a: one }, 'b', ['"b"']],
  ['none where the name is something else', { a: 1 }, 'a', ['"a"']],
];
for (const [name, exports, chosen, expected] of exported) {
  test(`finds ${name}`, () => {
    if (expected instanceof App) assert.equal(findApp(exports, 'main.ts', chosen), expected);
    else assert.throws(() => findApp(exports, 'main.ts', chosen), coded('CORTADO_CLI', ...expected));
  });
}

test('finds an App of another copy of Cortado', () => {
  const other = { '~app': true };
  assert.equal(findApp({ default: other }, 'main.ts', undefined), other);
});

const layouts: readonly [readonly string[], string][] = [
  [['main.ts', 'app.ts', 'src/main.ts'], 'main.ts'],
  [['src/server.js', 'app/main.ts'], 'src/server.js'],
  [['app/api.mjs'], 'app/api.mjs'],
  [['index.ts', 'api.ts'], 'index.ts'],
];
for (const [files, expected] of layouts) {
  test(`takes ${expected} of ${files.join(', ')}`, () => {
    using project = makeProject(Object.fromEntries(files.map((file) => [file, ''])));
    assert.equal(findFile(project.folder), join(project.folder, expected));
  });
}

const entries: readonly [unknown, string, string | readonly string[]][] = [
  [{ app: 'lib/cafe.ts' }, 'lib/cafe.ts', 'lib/cafe.ts'],
  [undefined, 'main.ts', 'main.ts'],
  [{ app: './lib' }, 'lib/cafe.ts', ['"./lib"', 'no such file']],
  [{ app: 'gone.ts' }, 'main.ts', ['"gone.ts"']],
  [{}, 'main.ts', ['"app"']],
  ['main.ts', 'main.ts', ['"app"']],
];
for (const [cortado, file, expected] of entries) {
  test(`package.json with "cortado": ${JSON.stringify(cortado)}`, () => {
    using project = makeProject({ [file]: '' });
    writeFileSync(join(project.folder, 'package.json'), JSON.stringify({ type: 'module', cortado }));
    if (typeof expected === 'string') assert.equal(findFile(project.folder), join(project.folder, expected));
    else assert.throws(() => findFile(project.folder), coded('CORTADO_CLI', ...expected));
  });
}

test('takes the file that is named', () => {
  using project = makeProject({ 'main.ts': '' });
  const path = join(project.folder, 'cafe.ts');
  writeFileSync(path, '');
  assert.equal(findFile(path), path);
});

test('says where it looked when there is no file', () => {
  using project = makeProject({});
  assert.throws(() => findFile(project.folder), coded('CORTADO_CLI', 'main, app, server, index, api'));
});
