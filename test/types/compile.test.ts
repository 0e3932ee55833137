import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTypes, manyRoutes } from '../support/compile-types.ts';

const mistakes: readonly [string, RegExp][] = [
  [
    "app.get('/users/{user_id}', { params: { name: z.string() } }, () => 1);",
    /the path has \{user_id\}, so params must declare \\?"user_id\\?"/,
  ],
  [
    "app.get('/users/{user_id}', () => 1);",
    /the path has parameters, so pass \{ params: \{ … \} \} before the handler/,
  ],
  [
    "app.get('/users', { respones: z.string() }, () => 1);",
    /'respones' does not exist.*Did you mean to write 'responses'\?/,
  ],
  [
    "app.get('/users', { response: z.object({ a: z.string() }) }, () => ({ a: 1 }));",
    /Type 'number' is not assignable to type 'string'/,
  ],
  ["app.get('/users/{id}', { params: { id: z.int() } }, ({ ids }) => ids);", /Property 'ids' does not exist on type/],
  ["app.get('/users', { guards: [() => 1] }, () => 1);", /is not assignable to type 'Dependency<unknown, string>'/],
];

test('mistakes are told where they were made, in words that help', () => {
  const head = "import { z } from 'zod';\nimport { App } from '../../src/index.ts';\nconst app = new App();\n";
  const { errors } = compileTypes(head + mistakes.map(([code]) => code).join('\n'));
  for (const [index, [code, message]] of mistakes.entries()) {
    const found = errors.get(index + 4);
    assert.ok(found, `no error for ${code}`);
    assert.match(found, message);
    assert.ok(found.split('\n').length <= 5, `too long:\n${found}`);
  }
  assert.equal(errors.size, mistakes.length);
});

test('the cost of a type check grows with the number of routes, and no faster', () => {
  const none = compileTypes(manyRoutes(0));
  const some = compileTypes(manyRoutes(100));
  const many = compileTypes(manyRoutes(1000));
  assert.equal(many.errors.size, 0);
  const perRoute = (some.instantiations - none.instantiations) / 100;
  assert.ok(perRoute < 1500, `${perRoute} instantiations a route`);
  assert.ok(many.instantiations - none.instantiations < 11 * 100 * perRoute, `${many.instantiations} for 1,000 routes`);
  // The goal is 1.5 s (node scripts/time-types.ts); this only catches a disaster, whatever else the machine does.
  assert.ok(many.total < 20_000, `${many.total} ms`);
});
