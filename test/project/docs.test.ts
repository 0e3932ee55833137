import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from './sources.ts';

const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'examples/**/*.md'], {
  cwd: root,
  exclude: (name) => name.includes('node_modules'),
});

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');

  test(`${page}: code that names its file is that file`, () => {
    for (const [, path, code] of text.matchAll(/```ts\n\/\/ ((?:examples|test|src)\/\S+)\n([\s\S]*?)```/g)) {
      const file = readFileSync(join(root, path!), 'utf8');
      assert.ok(file.includes(code!.trim()), `${page} shows another ${path} than there is`);
    }
  });

  test(`${page}: its links lead somewhere`, () => {
    const targets = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)/g)].map(([, target]) => target!);
    assert.deepEqual(
      targets.filter((target) => !existsSync(join(root, dirname(page), target))),
      [],
    );
  });
}
