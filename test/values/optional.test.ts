import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { App, body, cookie, form, header, query, type Schema } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { optional } from '../../src/values/index.ts';

const libraries: Readonly<Record<string, Schema<number | null | undefined, number | null>>> = {
  Zod: optional(z.int()),
  ArkType: optional(type('number.integer')),
  Valibot: optional(toStandardJsonSchema(v.pipe(v.number(), v.integer()))),
};

for (const [name, schema] of Object.entries(libraries)) {
  const app = new App({ logger: false, coerceBody: true });
  app.get('/query', { params: { v: query(schema) } }, ({ v }) => ({ v }));
  app.get('/header', { params: { v: header(schema) } }, ({ v }) => ({ v }));
  app.get('/cookie', { params: { v: cookie(schema) } }, ({ v }) => ({ v }));
  app.post('/form', { params: { v: form(schema), w: form(z.string()) } }, ({ v }) => ({ v }));
  app.post('/body', { params: { v: body(schema) } }, ({ v }) => ({ v }));
  app.post('/bodies', { params: { v: body(schema), w: body(z.string()) } }, ({ v }) => ({ v }));
  let returned: number | null | undefined;
  app.get('/answer', { response: schema }, () => returned);
  const form3 = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };

  test(`optional() with ${name} is null where nothing is sent, and the value where one is`, async () => {
    await using client = await testClient(app);
    const json = { 'content-type': 'application/json' };
    for (const [answer, expected] of [
      [client.get('/query'), null],
      [client.get('/query?v=3'), 3],
      [client.get('/header'), null],
      [client.get('/header', { headers: { v: '3' } }), 3],
      [client.get('/cookie'), null],
      [client.get('/cookie', { headers: { cookie: 'v=3' } }), 3],
      [client.post('/form', { body: 'w=x', ...form3 }), null],
      [client.post('/form', { body: 'w=x&v=', ...form3 }), null],
      [client.post('/form', { body: 'w=x&v=3', ...form3 }), 3],
      [client.post('/body'), null],
      [client.post('/body', { body: 'null', headers: json }), null],
      [client.post('/body', { json: 3 }), 3],
      [client.post('/bodies', { json: { w: 'x' } }), null],
      [client.post('/bodies', { json: { w: 'x', v: null } }), null],
      [client.post('/bodies', { json: { w: 'x', v: '3' } }), 3],
    ] as const)
      assert.deepEqual(await (await answer).json(), { v: expected });
  });

  test(`optional() with ${name} refuses what is neither null nor the value`, async () => {
    await using client = await testClient(app);
    for (const answer of [client.get('/query?v=x'), client.post('/bodies', { json: { w: 'x', v: 'x' } })]) {
      const { detail } = await (await answer).json<{ detail: { type: string; loc: string[] }[] }>();
      assert.deepEqual(
        detail.map(({ type: kind, loc }) => [kind, loc.at(-1)]),
        [['int_parsing', 'v']],
      );
    }
  });

  test(`optional() with ${name} answers null for what the handler leaves out`, async () => {
    await using client = await testClient(app);
    for (const given of [undefined, null, 3]) {
      returned = given;
      assert.equal(await (await client.get('/answer')).text(), JSON.stringify(given ?? null));
    }
  });

  test(`optional() with ${name} is documented as FastAPI documents it: either, no default, not required`, async () => {
    await using client = await testClient(app);
    const { paths } = await (await client.get('/openapi.json')).json<{
      paths: Record<string, Record<string, { parameters: object[]; responses: Record<string, { content: object }> }>>;
    }>();
    const either = { anyOf: [{ type: 'integer' }, { type: 'null' }] };
    assert.deepEqual(paths['/query']?.['get']?.parameters, [
      { name: 'v', in: 'query', required: false, schema: either },
    ]);
    assert.deepEqual(paths['/answer']?.['get']?.responses['200']?.content, { 'application/json': { schema: either } });
  });

  test(`optional() with ${name} is null in a task's input that has none`, async () => {
    const queue = new Queue();
    const task = queue.task('echo', { params: { v: schema }, returns: schema }, ({ v }) => v);
    await using _client = await testClient(new App({ logger: false }).use(queue));
    assert.equal(await (await task.enqueue({})).result(), null);
    assert.equal(await (await task.enqueue({ v: 3 })).result(), 3);
  });
}

test("optional() of Zod's is a field of an object, with null in its answer, and keeps its name in documents", async () => {
  const Tag = z.object({ name: z.string() }).meta({ id: 'Tag' });
  const Item = z.object({ note: optional(z.string()), tag: optional(Tag) }).meta({ id: 'Item' });
  const app = new App({ logger: false });
  app.post('/', { params: { item: Item }, response: Item }, ({ item }) => item);
  app.get('/', { response: Item }, () => ({}));
  await using client = await testClient(app);
  assert.equal(await (await client.post('/', { json: { note: 'x' } })).text(), '{"note":"x","tag":null}');
  assert.equal(await (await client.get('/')).text(), '{"note":null,"tag":null}');
  const { components } = await (await client.get('/openapi.json')).json<{
    components: { schemas: Record<string, { properties: object; required?: readonly string[] }> };
  }>();
  const properties = {
    note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    tag: { anyOf: [{ $ref: '#/components/schemas/Tag' }, { type: 'null' }] },
  };
  const { 'Item-Input': input, 'Item-Output': output } = components.schemas;
  assert.deepEqual([input?.properties, input?.required], [properties, undefined]);
  // In an answer they are always there.
  assert.deepEqual([output?.properties, output?.required], [properties, ['note', 'tag']]);
});
