import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import { z } from 'zod';
import { App, body, dependency, form, query, Router } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

const Tag = z.object({ name: z.string() }).meta({ id: 'Tag' });
interface Tree {
  readonly n: number;
  readonly next?: Tree | undefined;
}
const Tree: z.ZodType<Tree, Tree> = z.object({ n: z.int(), next: z.lazy(() => Tree).optional() }).meta({ id: 'Tree' });
const Item = z
  .object({
    name: z.string(),
    tag: Tag.optional(),
    tags: z.array(Tag).default([]),
    set: z.set(Tag).optional(),
    more: z.record(z.string(), Tag).optional(),
    free: z.looseObject({ a: z.int() }).optional(),
    tree: Tree.optional(),
    either: z.union([z.object({ a: z.int() }), z.object({ b: z.int() })]).optional(),
    kind: z
      .discriminatedUnion('is', [z.object({ is: z.literal('x') }), z.object({ is: z.literal('y'), n: z.int() })])
      .optional(),
    both: z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })).optional(),
    pair: z.tuple([Tag]).optional(),
  })
  .meta({ id: 'Item' });

/** What is sent beside a name, and where the key is that the schema does not know. */
const refused: readonly (readonly [sent: object, where: string])[] = [
  [{ x: 1 }, 'x'],
  [{ tag: { name: 'a', x: 1 } }, 'tag.x'],
  [{ tags: [{ name: 'a' }, { name: 'a', x: 1 }] }, 'tags.1.x'],
  [{ set: [{ name: 'a', x: 1 }] }, 'set.0.x'],
  [{ more: { k: { name: 'a', x: 1 } } }, 'more.k.x'],
  [{ tree: { n: 1, next: { n: 2, x: 1 } } }, 'tree.next.x'],
  [{ kind: { is: 'x', n: 1 } }, 'kind.x.n'],
  [{ both: { a: 1, b: 1, x: 1 } }, 'both.x'],
  [{ pair: [{ name: 'a', x: 1 }] }, 'pair.0.x'],
];

const taken: readonly object[] = [
  {},
  { tag: { name: 'a' }, tags: [{ name: 'a' }], set: [{ name: 'a' }], more: { k: { name: 'a' } } },
  { free: { a: 1, x: 1 }, tree: { n: 1, next: { n: 2 } }, either: { b: 1 }, kind: { is: 'y', n: 1 } },
  { both: { a: 1, b: 1 }, pair: [{ name: 'a' }] },
];

interface Refusal {
  readonly detail: readonly { readonly type: string; readonly loc: readonly unknown[] }[];
}

for (const coerceBody of [false, true]) {
  const app = new App({ logger: false, coerceBody, forbidExtra: true });
  app.post('/', { params: { item: Item } }, ({ item }) => ({ ok: item.name }));
  app.post('/open', { params: { item: Item }, forbidExtra: false }, ({ item }) => ({ ok: item.name }));
  const mode = coerceBody ? 'lax' : 'strict';

  test(`with forbidExtra, ${mode}: a key that no schema knows is refused where it stands`, async () => {
    await using client = await testClient(app);
    for (const [sent, where] of refused) {
      const { detail } = await (await client.post('/', { json: { name: 'a', ...sent } })).json<Refusal>();
      const found = detail.map(({ type: kind, loc }) => `${kind} ${loc.slice(1).join('.')}`);
      assert.deepEqual(found, [`extra_forbidden ${where}`], JSON.stringify(sent));
      assert.equal((await client.post('/open', { json: { name: 'a', ...sent } })).status, 200);
    }
    assert.equal((await client.post('/', { json: { name: 'a', either: { a: 1, b: 1 } } })).status, 422);
  });

  test(`with forbidExtra, ${mode}: what the schemas know is taken`, async () => {
    await using client = await testClient(app);
    for (const sent of taken) {
      const answer = await client.post('/', { json: { name: 'a', ...sent } });
      assert.deepEqual(await answer.json(), { ok: 'a' }, JSON.stringify(sent));
    }
  });
}

test('forbidExtra of a route holds for its bodies and its forms, those of dependencies and routers included, and for nothing else', async () => {
  const app = new App({ logger: false });
  const settings = { forbidExtra: true };
  const given = dependency({ tag: body(Tag, { embed: true }) }, ({ tag }) => tag);
  app.post('/dependency', { params: { given }, ...settings }, ({ given: { name } }) => name);
  app.post('/form', { params: { tag: form(Tag) }, ...settings }, ({ tag }) => tag.name);
  app.post('/query', { params: { tag: query(Tag) }, ...settings }, ({ tag }) => tag.name);
  app.post('/answer', { params: { tag: Tag }, response: Tag, ...settings }, () => ({ name: 'a', secret: 1 }) as never);
  const router = new Router();
  router.post('/router', { params: { tag: Tag }, ...settings }, ({ tag }) => tag.name);
  app.include(router);
  const closed = new Router({ prefix: '/closed', forbidExtra: true });
  closed.post('/', { params: { tag: Tag } }, ({ tag }) => tag.name);
  closed.post('/open', { params: { tag: Tag }, forbidExtra: false }, ({ tag }) => tag.name);
  app.include(closed);
  await using client = await testClient(app);
  const more = { name: 'a', x: '1' };
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal((await client.post('/dependency', { json: { tag: more } })).status, 422);
  assert.equal((await client.post('/form', { body: 'name=a&x=1', headers })).status, 422);
  assert.equal(await (await client.post('/form', { body: 'name=a', headers })).json(), 'a');
  assert.equal(await (await client.post('/query?name=a&x=1')).json(), 'a');
  assert.equal((await client.post('/router', { json: more })).status, 422);
  assert.equal((await client.post('/closed/', { json: more })).status, 422);
  assert.equal(await (await client.post('/closed/open', { json: more })).json(), 'a');
  assert.deepEqual(await (await client.post('/answer', { json: { name: 'a' } })).json(), { name: 'a' });
});

test('forbidExtra is documented, and the schemas keep their names', async () => {
  const app = new App({ logger: false, forbidExtra: true });
  app.post('/', { params: { item: Item } }, () => 1);
  await using client = await testClient(app);
  const { paths, components } = await (await client.get('/openapi.json')).json<{
    paths: Record<string, { post: { requestBody: { content: object } } }>;
    components: { schemas: Record<string, { additionalProperties?: unknown; properties: Record<string, object> }> };
  }>();
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Item' } } };
  assert.deepEqual(paths['/']?.post.requestBody.content, content);
  for (const name of ['Item', 'Tag', 'Tree']) assert.equal(components.schemas[name]?.additionalProperties, false, name);
  const { free, more } = components.schemas['Item']!.properties as Record<string, { additionalProperties: unknown }>;
  assert.deepEqual(
    [free?.additionalProperties, more?.additionalProperties],
    [{}, { $ref: '#/components/schemas/Tag' }],
  );
});

test('forbidExtra says where a schema of another library has to say it itself', () => {
  const app = new App({ logger: false, forbidExtra: true });
  const owned = coded('CORTADO_OPTION_INVALID', 'POST /', '"tag"', 'forbidExtra', 'arktype', "'+': 'reject'");
  assert.throws(() => app.post('/', { params: { tag: type({ name: 'string' }) } }, () => 1), owned);
  assert.throws(
    () => app.post('/x', { forbidExtra: 'yes' as never }, () => 1),
    coded('CORTADO_OPTION_INVALID', 'forbidExtra'),
  );
  app.post('/', { params: { tag: type({ name: 'string' }) }, forbidExtra: false }, () => 1);
  app.post('/scalar', { params: { n: body(type('number')) } }, () => 1);
});

test('the schemas of the app, and its routes of tasks, are as they are without forbidExtra', async () => {
  const queue = new Queue();
  const app = new App({ logger: false, forbidExtra: true });
  app.use(queue, { prefix: '/tasks', open: true });
  app.post('/', { params: { tag: Tag } }, ({ tag }) => tag);
  await using client = await testClient(app);
  assert.equal((await client.post('/', { json: { name: 'a', x: 1 } })).status, 422);
  assert.deepEqual(Tag.parse({ name: 'a', x: 1 }), { name: 'a' });
});
