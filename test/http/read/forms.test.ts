import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { App, dependency, file, form, HttpError, header } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

const app = new App({ logger: false, bodyLimit: 200_000 });
app.post(
  '/fields',
  {
    params: {
      name: form(z.string()),
      age: form(z.int().default(18)),
      tags: form(z.array(z.string()).default([])),
      agree: form(z.boolean().default(false)),
    },
  },
  (values) => values,
);
app.post(
  '/model',
  { params: { login: form(z.object({ username: z.string(), n: z.int(), roles: z.array(z.string()).default([]) })) } },
  ({ login }) => login,
);
app.post('/alias', { params: { name: form(z.string(), { alias: 'full-name' }) } }, (values) => values);
app.post(
  '/file',
  { params: { photo: file(z.file().max(100)), note: form(z.string().default('')) } },
  async ({ photo, note }) => ({
    name: photo.name,
    type: photo.type,
    size: photo.size,
    text: await photo.text(),
    note,
  }),
);
app.post('/files', { params: { photos: file(z.array(z.file())) } }, ({ photos }) => photos.map(({ name }) => name));
app.post('/optional', { params: { photo: file(z.file().optional()) } }, ({ photo }) => photo?.name ?? null);

let client: Awaited<ReturnType<typeof testClient>>;
before(async () => {
  client = await testClient(app);
});
after(() => client.close());

const typesOf = async (response: { json: () => unknown }): Promise<string[]> =>
  ((await response.json()) as { detail: { type: string; loc: string[] }[] }).detail.map(
    ({ type, loc }) => `${loc.join('.')} ${type}`,
  );

test('fields are coerced, and have defaults', async () => {
  const response = await client.post('/fields', { form: { name: 'Ada', age: '36', agree: 'on' } });
  assert.deepEqual(await response.json(), { name: 'Ada', age: 36, tags: [], agree: true });
});

test('an empty field is one that was not filled in', async () => {
  const response = await client.post('/fields', { form: { name: '', age: '' } });
  assert.deepEqual(await typesOf(response), ['body.name missing']);
});

test('a repeated field fills a list', async () => {
  const response = await client.post('/fields', {
    body: 'name=Ada&tags=a&tags=b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.deepEqual((await response.json<{ tags: string[] }>()).tags, ['a', 'b']);
});

test('one object schema takes the whole form, in either encoding', async () => {
  const data = new FormData();
  for (const [name, value] of [
    ['username', 'Ada'],
    ['n', '1'],
    ['roles', 'a'],
    ['roles', 'b'],
  ] as const)
    data.append(name, value);
  assert.deepEqual(await (await client.post('/model', { form: data })).json(), {
    username: 'Ada',
    n: 1,
    roles: ['a', 'b'],
  });
  const urlencoded = await client.post('/model', { form: { username: 'Ada', n: 'x' } });
  assert.deepEqual(await typesOf(urlencoded), ['body.n int_parsing']);
});

test('an alias is the name on the wire', async () => {
  assert.deepEqual(await (await client.post('/alias', { form: { 'full-name': 'Ada' } })).json(), { name: 'Ada' });
  assert.deepEqual(await typesOf(await client.post('/alias', { form: { name: 'Ada' } })), ['body.full-name missing']);
});

function upload(...files: [string, string, string][]): FormData {
  const data = new FormData();
  for (const [field, name, text] of files) data.append(field, new File([text], name, { type: 'text/plain' }));
  return data;
}

test('a file arrives as a web File beside other fields', async () => {
  const data = upload(['photo', 'grüße.txt', 'hello']);
  data.append('note', 'hi');
  const response = await client.post('/file', { form: data });
  assert.deepEqual(await response.json(), {
    name: 'grüße.txt',
    type: 'text/plain',
    size: 5,
    text: 'hello',
    note: 'hi',
  });
});

test('a list takes all files of its name', async () => {
  assert.deepEqual(
    await (await client.post('/files', { form: upload(['photos', 'a', '1'], ['photos', 'b', '2']) })).json(),
    ['a', 'b'],
  );
  assert.deepEqual(await (await client.post('/files', { form: upload(['photos', 'a', '1']) })).json(), ['a']);
});

test('a file may be missing where its schema says so', async () => {
  assert.equal(await (await client.post('/optional', { form: upload() })).json(), null);
  assert.equal(await (await client.post('/optional', { form: upload(['photo', 'a', '1']) })).json(), 'a');
  assert.deepEqual(await typesOf(await client.post('/files', { form: upload() })), ['body.photos missing']);
});

test('a file that its schema forbids, or a text in its place, is a 422', async () => {
  assert.equal((await client.post('/file', { form: upload(['photo', 'a', 'x'.repeat(101)]) })).status, 422);
  const text = new FormData();
  text.append('photo', 'just text');
  assert.equal((await client.post('/file', { form: text })).status, 422);
});

test('a form over the limit is a 413', async () => {
  assert.equal((await client.post('/file', { form: upload(['photo', 'a', 'x'.repeat(300_000)]) })).status, 413);
});

test('guards run before a file is read', async () => {
  const guarded = new App({ logger: false });
  const guard = dependency({ key: header(z.string()) }, ({ key }) => {
    if (key !== 'right') throw new HttpError(401);
  });
  guarded.post('/', { guards: [guard], params: { photo: file(z.file()) } }, ({ photo }) => photo.size);
  await using other = await testClient(guarded);
  const refused = await other.post('/', {
    body: 'garbage',
    headers: { key: 'wrong', 'content-type': 'multipart/form-data' },
  });
  assert.equal(refused.status, 401);
  assert.equal(
    await (await other.post('/', { form: upload(['photo', 'a', '12']), headers: { key: 'right' } })).json(),
    2,
  );
});

test('a JSON body and a form cannot be declared together', () => {
  const broken = new App({ logger: false });
  assert.throws(
    () => broken.post('/x', { params: { a: z.object({}), b: form(z.string()) } }, () => 1),
    coded('CORTADO_PARAM_INVALID', 'POST /x'),
  );
});

test('an object schema for one form field among others fails at registration', () => {
  const broken = new App({ logger: false });
  const params = { login: form(z.object({ name: z.string() })), photo: file(z.file()) };
  assert.throws(() => broken.post('/x', { params }, () => 1), coded('CORTADO_PARAM_INVALID', 'POST /x', '"login"'));
});

const refusals: readonly [what: string, schema: z.ZodType, files: number, says: RegExp][] = [
  ['too large', z.file().max(2), 1, /value_error.*File should have at most 2 bytes/],
  ['too small', z.file().min(20), 1, /value_error.*File should have at least 20 bytes/],
  ['of another type', z.file().mime(['image/png']), 1, /value_error.*image\/png/],
  ['refused by the app', z.file().refine((found) => found.size > 10, 'not enough'), 1, /value_error.*not enough/],
  ['one of several', z.array(z.file().max(2)), 2, /"loc":\["body","photo",1\].*File should have at most 2 bytes/],
  ['one too many', z.array(z.file()).max(1), 2, /too_long/],
];
for (const [what, schema, files, says] of refusals)
  test(`says why a file is refused that is ${what}`, async () => {
    const app = new App({ logger: false });
    app.post('/', { params: { photo: schema } }, () => 1);
    await using client = await testClient(app);
    const form = new FormData();
    for (let i = 0; i < files; i++) form.append('photo', new File(['abc'], 'a.txt', { type: 'text/plain' }));
    const { status, text } = await client.post('/', { form });
    assert.equal(status, 422);
    assert.match(await text(), says);
    assert.match(await text(), /"input":\[?\{"filename":"a\.txt","content_type":"text\/plain","size":3\}/);
  });

const shown = '{"filename":"a.txt","content_type":"text/plain","size":3}';
const instead: readonly [what: string, schema: z.ZodType, says: string][] = [
  ['a text', z.string(), `"string_type","loc":["body","a"],"msg":"Input should be a valid string","input":${shown}`],
  ['a number', z.int(), `"int_type","loc":["body","a"],"msg":"Input should be a valid integer","input":${shown}`],
  [
    'one of several texts',
    z.array(z.string()),
    `"loc":["body","a",0],"msg":"Input should be a valid string","input":${shown}`,
  ],
  [
    'a text that is alternatives',
    z.union([z.int(), z.boolean()]),
    `"loc":["body","a","bool"],"msg":"Input should be a valid boolean","input":${shown}`,
  ],
  [
    'a text of a model',
    z.object({ a: z.string() }),
    `"loc":["body","a"],"msg":"Input should be a valid string","input":${shown}`,
  ],
  [
    'one of several texts of a model',
    z.object({ a: z.array(z.string()) }),
    `"loc":["body","a",0],"msg":"Input should be a valid string","input":${shown}`,
  ],
  [
    'a field that no model has',
    z.strictObject({}),
    `"loc":["body","a"],"msg":"Extra inputs are not permitted","input":${shown}`,
  ],
  [
    'a field of a model that lacks another',
    z.object({ a: z.file(), b: z.int() }),
    `"missing","loc":["body","b"],"msg":"Field required","input":{"a":${shown}}`,
  ],
  [
    'a field of a model that the app refuses',
    z.object({ a: z.file() }).refine(() => false, 'no'),
    `"loc":["body"],"msg":"Value error, no","input":{"a":${shown}}`,
  ],
];
for (const [what, schema, says] of instead)
  test(`shows name, type and size of a file that is sent for ${what}`, async () => {
    const app = new App({ logger: false });
    app.post('/', { params: { a: form(schema) } }, () => 1);
    await using client = await testClient(app);
    const sent = new FormData();
    sent.append('a', new File(['abc'], 'a.txt', { type: 'text/plain' }));
    const { status, text } = await client.post('/', { form: sent });
    assert.equal(status, 422);
    assert.ok((await text()).includes(says), await text());
  });

test('takes a bare schema of a file for a file of a form', async () => {
  const app = new App({ logger: false });
  app.post(
    '/',
    { params: { photo: z.file(), more: z.array(z.file()).default([]), extra: z.file().optional() } },
    (values) => [values.photo.name, values.more.length, values.extra?.name ?? 'none'],
  );
  await using client = await testClient(app);
  const form = new FormData();
  form.append('photo', new File(['abc'], 'a.txt'));
  form.append('more', new File(['abc'], 'b.txt'));
  assert.equal(await (await client.post('/', { form })).text(), '["a.txt",1,"none"]');
  assert.throws(
    () => new App().get('/', { params: { photo: z.file() } }, () => 1),
    coded('CORTADO_PARAM_INVALID', '"photo"'),
  );
});
