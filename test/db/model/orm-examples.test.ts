import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { App } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { postgres, sqliteFile } from '../support/backends.ts';

const examples = [
  { name: 'with-mikro-orm', glue: 'unit-of-work.ts', posts: (body: unknown) => (body as { posts: unknown[] }).posts },
  { name: 'with-drizzle', glue: 'drizzle-session.ts', posts: (body: unknown) => body as unknown[] },
];

const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

function installed(name: string): string {
  const folder = fileURLToPath(new URL(`../../../examples/${name}/`, import.meta.url));
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { dependencies: object };
  if (!Object.keys(dependencies).every((needed) => existsSync(`${folder}node_modules/${needed}`))) {
    const { status, stderr } = spawnSync('npm', ['install', '--no-save', '--ignore-scripts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(status, 0, `npm install failed in examples/${name}: ${stderr}`);
  }
  return folder;
}

for (const { name, glue, posts } of examples) {
  for (const backend of [sqliteFile, postgres])
    test(`examples/${name} on ${backend.name}: the users' endpoints, committed before the answer`, async () => {
      const folder = installed(name);
      process.env['DATABASE_URL'] = await backend.url();
      const { default: app } = (await import(`${folder}main.ts?${backend.kind}`)) as { default: App };
      await using client = await testClient(app);
      const made = await client.post('/users', { json: { name: 'Ada', age: 36 } });
      assert.equal(made.status, 201);
      assert.deepEqual(await made.json(), { id: 1, name: 'Ada', age: 36 });
      assert.deepEqual(await (await client.get('/users/1')).json(), await made.json());
      assert.equal((await client.get('/users/9')).status, 404);
      assert.equal((await client.post('/users', { json: { name: 'Nobody', age: -1 } })).status, 400);
      const together = await Promise.all(
        [20, 30, 40].map((age) => client.post('/users', { json: { name: `n${age}`, age } })),
      );
      assert.deepEqual(
        together.map(({ status }) => status),
        [201, 201, 201],
      );
      const ages = (await (await client.get('/users?min_age=30')).json<{ age: number }[]>()).map(({ age }) => age);
      assert.deepEqual(ages.sort(), [30, 36, 40]);
      assert.equal((await (await client.get('/users')).json<unknown[]>()).length, 4);
      assert.equal(posts(await (await client.post('/users/1/posts?title=one')).json()).length, 1);
      assert.equal(posts(await (await client.post('/users/1/posts?title=two')).json()).length, 2);
      if (name === 'with-mikro-orm') {
        assert.equal((await (await client.post('/users/1/birthday')).json<{ age: number }>()).age, 37);
        assert.equal((await (await client.get('/users/1')).json<{ age: number }>()).age, 37);
      }
    });

  test(`examples/${name}: right in its types, with less than 60 lines of glue`, () => {
    const folder = installed(name);
    const types = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    assert.equal(types.status, 0, types.stdout);
    assert.ok(readFileSync(folder + glue, 'utf8').split('\n').length < 60);
  });
}
