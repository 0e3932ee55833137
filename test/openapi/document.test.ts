import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, dependency, form, HttpError, type OpenApiDocument, query, type Schema } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { broadApp, Drink } from './broad-app.ts';

const document = broadApp().openapi();

/** The member at a path of keys. */
function at(...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
}

test('info and its neighbours say what the app was told', () => {
  assert.deepEqual(document.info, {
    title: 'Coffee bar <&"',
    version: '1.2.3',
    summary: 'Drinks and orders',
    description: 'What the **bar** serves.',
    termsOfService: 'https://bar.example/terms',
    contact: { name: 'Ada', email: 'ada@bar.example' },
    license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    'x-logo': { url: '/docs/favicon-32x32.png' },
  });
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(document['tags'], [
    { name: 'drinks', description: 'What can be ordered' },
    { name: 'orders', externalDocs: { url: 'https://bar.example/orders', description: 'How to order' } },
  ]);
  assert.deepEqual(document['externalDocs'], { url: 'https://bar.example/docs' });
});

const operations: readonly [string, string, string, string][] = [
  ['/', 'get', 'root_get', 'Get'],
  ['/drinks', 'get', 'listDrinks_drinks_get', 'List Drinks'],
  ['/drinks', 'post', 'drinks_post', 'Add a drink'],
  ['/drinks/{drink_id}', 'put', 'update_drink_drinks__drink_id__put', 'Update Drink'],
  ['/drinks/{drink_id}', 'delete', 'removeDrink', 'Delete Drinks'],
  ['/files/{rest}', 'get', 'files_rest_get', 'Get Files'],
  ['/a-b', 'get', 'a_b_get', 'Get A B'],
  ['/a_b', 'get', 'a_b_get_2', 'Get A B'],
];
for (const [path, method, id, summary] of operations) {
  test(`${method.toUpperCase()} ${path} is the operation ${id}`, () => {
    assert.deepEqual([at('paths', path, method, 'operationId'), at('paths', path, method, 'summary')], [id, summary]);
  });
}

test('operation ids are unique, and hidden routes are left out', () => {
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    Object.keys(document.paths).filter((path) => /hidden|docs|openapi/.test(path)),
    [],
  );
});

test("parameters stand in FastAPI's order, with their constraints, defaults and descriptions", () => {
  const parameters = at('paths', '/headers', 'get', 'parameters') as { name: string; in: string; required: boolean }[];
  assert.deepEqual(
    parameters.map(({ name, in: place, required }) => [place, name, required]),
    [
      ['query', 'limit', false],
      ['query', 'q', false],
      ['header', 'x-token', true],
      ['cookie', 'sid', false],
    ],
  );
  assert.deepEqual(at('paths', '/drinks/{drink_id}', 'get', 'parameters', '0'), {
    name: 'drink_id',
    in: 'path',
    required: true,
    description: 'Its number',
    schema: { type: 'integer', minimum: 1, description: 'Its number' },
  });
});

test('what a dependency reads as well is one parameter, required where one of them requires it', () => {
  const paged = dependency({ limit: z.int(), q: z.string().optional() }, (values) => values);
  const app = new App({ logger: false });
  app.get('/', { params: { limit: z.int().default(10), q: z.int(), paged } }, () => 1);
  const parameters = app.openapi().paths['/']!['get']!['parameters'] as { name: string; required: boolean }[];
  assert.deepEqual(
    parameters.map(({ name, required }) => [name, required]),
    [
      ['limit', true],
      ['q', true],
    ],
  );
});

test('a schema with an id is a component; one that has defaults is two', () => {
  assert.deepEqual(at('components', 'schemas', 'Drink-Input', 'required'), ['name']);
  assert.deepEqual(at('components', 'schemas', 'Drink-Output', 'required'), ['name', 'price', 'size']);
  assert.deepEqual(at('components', 'schemas', 'Order-Output', 'properties', 'drinks'), {
    type: 'array',
    items: { $ref: '#/components/schemas/Drink-Output' },
  });
  assert.deepEqual(at('components', 'schemas', 'Customer', 'required'), ['name', 'email']);
  assert.equal(at('components', 'schemas', 'Drink'), undefined);
});

test('a recursive schema refers to itself', () => {
  assert.deepEqual(at('components', 'schemas', 'Category', 'properties', 'children'), {
    type: 'array',
    items: { $ref: '#/components/schemas/Category' },
  });
});

test('a recursive schema without an id gets a name', () => {
  interface Tree {
    children: Tree[];
  }
  const Tree: z.ZodType<Tree> = z.object({
    get children() {
      return z.array(Tree);
    },
  }) as never;
  const app = new App({ logger: false });
  app.post('/', { params: { tree: Tree as z.ZodType } }, () => 1);
  const { paths, components } = app.openapi() as OpenApiDocument;
  assert.equal(JSON.stringify(paths).includes('"$ref":"#"'), false);
  assert.match(JSON.stringify(components), /#\/components\/schemas\/\w+/);
});

test('every reference leads somewhere', () => {
  const names = new Set(Object.keys(document.components!.schemas));
  for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
    assert.ok(names.has(name!), `${name} is nowhere`);
  assert.doesNotMatch(JSON.stringify(document), /x-cortado|:input|:output/);
});

/** A schema that describes itself as told. */
function described(json: object): Schema<unknown> {
  const jsonSchema = { input: () => json, output: () => json };
  return {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }), jsonSchema },
  } as never;
}

test('two schemas of one name stay two', () => {
  const app = new App({ logger: false });
  const thing = (member: string): Schema<unknown> =>
    described({ id: 'Thing', type: 'object', properties: { [member]: { type: 'string' } } });
  app.post('/a', { params: { a: thing('a') } }, () => 1);
  app.post('/b', { params: { b: thing('b') } }, () => 1);
  app.post('/c', { params: { c: thing('a') } }, () => 1);
  const { schemas } = app.openapi().components!;
  assert.deepEqual(
    Object.keys(schemas).filter((name) => name.startsWith('Thing')),
    ['Thing', 'Thing2'],
  );
});

test('several bodies, forms and files are named as FastAPI names them', () => {
  assert.deepEqual(at('components', 'schemas', 'Body_update_drink_drinks__drink_id__put'), {
    type: 'object',
    properties: {
      drink: { $ref: '#/components/schemas/Drink-Input' },
      customer: { $ref: '#/components/schemas/Customer' },
      importance: { type: 'integer', exclusiveMinimum: 0 },
    },
    required: ['drink', 'customer', 'importance'],
  });
  assert.deepEqual(Object.keys(at('paths', '/login', 'post', 'requestBody', 'content') as object), [
    'application/x-www-form-urlencoded',
  ]);
  assert.deepEqual(Object.keys(at('paths', '/photo', 'post', 'requestBody', 'content') as object), [
    'multipart/form-data',
  ]);
});

test("a 422 is documented where there are inputs, under FastAPI's names", () => {
  assert.equal(at('paths', '/', 'get', 'responses', '422'), undefined);
  assert.deepEqual(at('paths', '/pay', 'post', 'responses', '422'), {
    description: 'Validation Error',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/HTTPValidationError' } } },
  });
  assert.deepEqual(at('components', 'schemas', 'HTTPValidationError', 'properties', 'detail', 'items'), {
    $ref: '#/components/schemas/ValidationError',
  });
  assert.deepEqual(at('components', 'schemas', 'ValidationError', 'required'), ['loc', 'msg', 'type']);
});

test('answers are documented: status, description, further ones, media and streams', () => {
  const responses = at('paths', '/drinks', 'post', 'responses') as Record<string, { description: string }>;
  assert.deepEqual([Object.keys(responses), responses['201']!.description], [['201', '422'], 'It is on the board']);
  assert.deepEqual(at('paths', '/drinks/{drink_id}', 'delete', 'responses', '204'), {
    description: 'Successful Response',
  });
  assert.deepEqual(at('paths', '/drinks/{drink_id}', 'get', 'responses', '404'), {
    description: 'No such drink',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Missing' } } },
  });
  assert.deepEqual(at('paths', '/files/{rest}', 'get', 'responses', '200', 'content'), {
    'text/plain': { schema: { type: 'string' } },
  });
  const stream = at(
    'paths',
    '/events',
    'get',
    'responses',
    '200',
    'content',
    'text/event-stream',
    'schema',
    'contentSchema',
  );
  assert.deepEqual((stream as { properties: { data: unknown } }).properties.data, {
    type: 'string',
    contentMediaType: 'application/json',
    contentSchema: { $ref: '#/components/schemas/Order-Output' },
  });
  assert.deepEqual(at('paths', '/orders', 'post', 'responses', '401'), {
    description: 'Who are you?',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/HTTPError' } } },
  });
});

for (const [errors, type, name] of [
  ['fastapi', 'application/json', 'HTTPError'],
  ['problem', 'application/problem+json', 'Problem'],
] as const)
  test(`a further answer without a schema is documented as what an HttpError answers, in the format ${errors}`, async () => {
    const app = new App({ logger: false, errors, responses: { 503: {} } });
    const responses = { 202: { description: 'Later' }, 409: { description: 'Taken' }, 404: { schema: z.object({}) } };
    app.get('/x', { responses: { ...responses, 410: { mediaType: 'text/plain' } } }, () => {
      throw new HttpError(409, 'no');
    });
    const documented = (app.openapi().paths['/x']!['get'] as { responses: Record<string, { content?: object }> })
      .responses;
    const content = { [type]: { schema: { $ref: `#/components/schemas/${name}` } } };
    assert.deepEqual(documented['409'], { description: 'Taken', content });
    assert.deepEqual(documented['503'], { description: 'Service Unavailable', content });
    assert.deepEqual(documented['202'], { description: 'Later' });
    assert.deepEqual(Object.keys(documented['404']!.content!), ['application/json']);
    assert.equal(JSON.stringify(documented['410']).includes(name), false);
    await using client = await testClient(app);
    const { headers } = await client.get('/x');
    assert.equal(String(headers.get('content-type')).startsWith(type), true);
  });

test('examples and deprecation are shown', () => {
  const content = at('paths', '/drinks', 'post', 'requestBody', 'content', 'application/json') as { examples: unknown };
  assert.deepEqual(content.examples, { example1: { value: { name: 'cortado' } } });
  assert.deepEqual(at('components', 'schemas', 'Drink-Input', 'examples'), [{ name: 'cortado', price: 2.5 }]);
  assert.equal(at('paths', '/drinks/{drink_id}', 'delete', 'deprecated'), true);
  const app = new App({ logger: false });
  const params = {
    old: query(z.string().optional(), { deprecated: true }),
    inner: query(z.string().optional(), { documented: false }),
    meta: z.string().optional().meta({ deprecated: true }),
  };
  app.get('/', { params }, () => 1);
  const parameters = app.openapi().paths['/']!['get']!['parameters'] as { name: string; deprecated: boolean }[];
  assert.deepEqual(
    parameters.map(({ name, deprecated }) => [name, deprecated]),
    [
      ['old', true],
      ['meta', true],
    ],
  );
});

test('the document is served, and follows an override', async () => {
  const app = broadApp();
  await using client = await testClient(app);
  const response = await client.get('/openapi.json');
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.deepEqual(await response.json(), JSON.parse(JSON.stringify(document)));
});

const switches: readonly [ConstructorParameters<typeof App>[0], readonly [string, number][]][] = [
  [
    {},
    [
      ['/openapi.json', 200],
      ['/docs', 200],
      ['/redoc', 200],
      ['/redoc/redoc.standalone.js', 200],
    ],
  ],
  [
    { docs: false },
    [
      ['/openapi.json', 404],
      ['/docs', 404],
      ['/redoc', 404],
    ],
  ],
  [
    { docs: { openapi: false } },
    [
      ['/openapi.json', 404],
      ['/docs', 404],
    ],
  ],
  [
    { docs: { swagger: false } },
    [
      ['/openapi.json', 200],
      ['/docs', 404],
      ['/docs/swagger-ui.css', 404],
      ['/redoc', 200],
    ],
  ],
  [
    { docs: { openapi: '/api/v1.json', swagger: '/help/api', redoc: false } },
    [
      ['/api/v1.json', 200],
      ['/help/api', 200],
      ['/help/api/swagger-ui.css', 200],
      ['/docs', 404],
      ['/redoc', 404],
    ],
  ],
];
for (const [options, expected] of switches) {
  test(`docs with ${JSON.stringify(options)}`, async () => {
    await using client = await testClient(new App({ logger: false, ...options }));
    for (const [url, status] of expected) assert.equal((await client.get(url)).status, status, url);
  });
}

for (const path of ['/docs', '/redoc'])
  test(`${path} loads nothing from elsewhere, and survives a hostile title`, async () => {
    await using client = await testClient(broadApp({ title: '</title><script>alert(1)</script>' }));
    const { text, headers } = await client.get(path);
    assert.doesNotMatch(await text(), /<script>alert|https?:\/\//);
    assert.match(String(headers.get('content-security-policy')), /default-src 'self'/);
  });

test('a schema that is shared by many routes is one component', () => {
  const app = new App({ logger: false });
  for (let n = 0; n < 5; n++) app.get(`/${n}`, { response: Drink }, () => ({ name: 'x' }));
  assert.deepEqual(Object.keys(app.openapi().components!.schemas), ['Drink']);
});

test('a model that is one of several has the parameters of all in the document', async () => {
  const app = new App({ logger: false });
  const Search = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a'), tags: z.array(z.string()), n: z.int() }),
    z.object({ kind: z.literal('b'), n: z.string().optional() }),
  ]);
  app.get('/search', { params: { search: query(Search) } }, ({ search }) => search);
  const { parameters } = app.openapi().paths['/search']!['get'] as {
    parameters: { name: string; required: boolean }[];
  };
  assert.deepEqual(
    parameters.map(({ name, required }) => [name, required]),
    [
      ['kind', true],
      ['tags', false],
      ['n', false],
    ],
  );
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/search?kind=a&tags=x&n=1&n=3')).json(), { kind: 'a', tags: ['x'], n: 3 });
});

for (const id of [
  'ValidationError',
  'HTTPValidationError',
  'Body_x_post',
  'a/b',
  'a~b',
  'a%b',
  'Page<User>',
  '__proto__',
])
  test(`a schema may be called ${id}`, () => {
    const app = new App({ logger: false });
    const Named = z.object({ a: z.int() }).meta({ id });
    const list = z.object({ all: z.array(Named) });
    app.post('/x', { params: { list, one: Named }, response: Named }, ({ one }) => one);
    const made = app.openapi();
    const schemas = made.components!.schemas as Record<string, object>;
    const refs = [...JSON.stringify(made).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name!,
    );
    assert.ok(refs.length > 3);
    for (const name of refs) assert.ok(Object.hasOwn(schemas, name), name);
    const { content } = (made.paths['/x']!['post'] as { responses: Record<string, { content: object }> }).responses[
      '200'
    ]!;
    const [name] = /(?<=schemas\/)[^"]+/.exec(JSON.stringify(content))!;
    assert.deepEqual(schemas[name], {
      type: 'object',
      properties: { a: { type: 'integer' } },
      required: ['a'],
      ...('additionalProperties' in schemas[name]! && { additionalProperties: false }),
    });
  });

test('fields of a form say all that they were told, and a form with files is sent in parts', () => {
  const app = new App({ logger: false });
  const old = form(z.string(), { description: 'Was used once', deprecated: true, examples: ['x'] });
  app.post('/form', { params: { old, hidden: form(z.string().optional(), { documented: false }) } }, () => 1);
  app.post('/upload', { params: { upload: form(z.object({ n: z.int(), photo: z.file() })) } }, () => 1);
  const { paths, components } = app.openapi();
  assert.deepEqual((components!.schemas as Record<string, { properties: object }>)['Body_form_post']!.properties, {
    old: { type: 'string', description: 'Was used once', deprecated: true, examples: ['x'] },
  });
  const body = (paths['/upload']!['post'] as { requestBody: { content: object } }).requestBody;
  assert.deepEqual(Object.keys(body.content), ['multipart/form-data']);
});

test('what an undeclared generator answers with is documented as it is sent', async () => {
  const app = new App({ logger: false });
  app.get('/lines', async function* () {
    yield* [1, 2];
  });
  app.get('/array', function* () {
    yield* [1, 2];
  });
  app.get('/declared', { response: z.array(z.int()) }, () => [1, 2]);
  await using client = await testClient(app);
  for (const [path, type, text] of [
    ['/lines', 'application/jsonl', '1\n2\n'],
    ['/array', 'application/json', '[1,2]'],
    ['/declared', 'application/json', '[1,2]'],
  ] as const) {
    const { responses } = app.openapi().paths[path]!['get'] as { responses: Record<string, { content: object }> };
    const { headers, text: sent } = await client.get(path);
    assert.deepEqual(
      [Object.keys(responses['200']!.content), headers.get('content-type'), await sent()],
      [[type], type, text],
    );
  }
});
