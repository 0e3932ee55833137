import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import {
  App,
  type AppOptions,
  body,
  callback,
  type DocumentedResponses,
  dependency,
  file,
  form,
  header,
  type OpenApiDocument,
  query,
  Router,
} from '../../src/index.ts';

const Item = z.object({ id: z.int(), name: z.string() }).meta({ id: 'Item' });
const Fault = z.object({ code: z.string() }).meta({ id: 'Fault' });
const itemRef = { $ref: '#/components/schemas/Item' };
const faultRef = { $ref: '#/components/schemas/Fault' };

function documentOf(add: (app: App) => void, options: AppOptions = {}): OpenApiDocument {
  const app = new App({ logger: false, ...options });
  add(app);
  return app.openapi();
}

interface Documented {
  readonly responses: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly parameters: readonly { readonly examples?: object }[];
  readonly requestBody: {
    readonly required: boolean;
    readonly content: Record<string, { readonly encoding?: object }>;
  };
  readonly callbacks: Record<string, Record<string, Record<string, Record<string, unknown>>>>;
  readonly [member: string]: unknown;
}

/** The only operation of a document. */
function operationOf(add: (app: App) => void, options: AppOptions = {}): Documented {
  const [path] = Object.values(documentOf(add, options).paths);
  return Object.values(path!)[0] as unknown as Documented;
}

describe('answers', () => {
  const plain = { description: 'Bad', content: { 'application/json': { schema: faultRef } } };
  const cases: readonly [what: string, responses: DocumentedResponses, expected: object][] = [
    ['a status', { 400: { description: 'Bad', schema: Fault } }, { 400: plain }],
    ['all of a hundred', { '4XX': { schema: Fault } }, { '4XX': { ...plain, description: 'Client Error' } }],
    ['all others', { default: { schema: Fault } }, { default: { ...plain, description: 'Default Response' } }],
    ['a hundred that has no body', { '3XX': {} }, { '3XX': { description: 'Redirection' } }],
    [
      'errors that are what an HttpError answers',
      { '5XX': {} },
      {
        '5XX': {
          description: 'Server Error',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/HTTPError' } } },
        },
      },
    ],
    [
      'several media types',
      {
        202: {
          description: 'Later',
          content: { 'application/json': { schema: Item }, 'text/csv': {}, 'image/png': {} },
        },
      },
      {
        202: {
          description: 'Later',
          content: {
            'application/json': { schema: itemRef },
            'text/csv': { schema: { type: 'string' } },
            'image/png': { schema: { type: 'string', format: 'binary', contentMediaType: 'image/png' } },
          },
        },
      },
    ],
    [
      'headers',
      {
        202: {
          description: 'Later',
          headers: {
            'retry-after': { schema: z.int(), description: 'Seconds', required: true },
            'x-old': { deprecated: true },
          },
        },
      },
      {
        202: {
          description: 'Later',
          headers: {
            'retry-after': { description: 'Seconds', required: true, schema: { type: 'integer' } },
            'x-old': { deprecated: true, schema: { type: 'string' } },
          },
        },
      },
    ],
    [
      'examples by name',
      { 400: { description: 'Bad', schema: Fault, examples: { full: { summary: 'Full', value: { code: 'full' } } } } },
      {
        400: {
          description: 'Bad',
          content: {
            'application/json': { schema: faultRef, examples: { full: { summary: 'Full', value: { code: 'full' } } } },
          },
        },
      },
    ],
  ];
  for (const [what, responses, expected] of cases)
    test(`are documented with ${what}`, () => {
      const operation = operationOf((app) => app.get('/x', { response: Item, responses }, () => ({ id: 1, name: '' })));
      const { 200: _, ...further } = operation.responses;
      assert.deepEqual(further, expected);
    });

  test('have what is said of the own status beside what the route declares', () => {
    const links = { next: { operationId: 'x_get', parameters: { id: '$response.body#/id' }, description: 'Again' } };
    const examples = [{ id: 1, name: 'a' }];
    const responses = { 200: { headers: { etag: {} }, links, examples } };
    const operation = operationOf((app) => app.get('/x', { response: Item, responses }, () => ({ id: 1, name: '' })));
    assert.deepEqual(operation.responses, {
      200: {
        description: 'Successful Response',
        content: { 'application/json': { schema: itemRef, examples: { example1: { value: examples[0] } } } },
        headers: { etag: { schema: { type: 'string' } } },
        links,
      },
    });
  });

  test('have the headers and cookies that the route declares and checks', () => {
    const responseHeaders = { 'x-total': z.int(), 'x-next': z.url().optional() };
    const responses = { 200: { headers: { etag: {} } } };
    const operation = operationOf((app) =>
      app.get('/x', { responseHeaders, responseCookies: { sid: z.string(), seen: z.string() }, responses }, () => 1),
    );
    assert.deepEqual(operation.responses['200']!['headers'], {
      'x-total': { required: true, schema: { type: 'integer' } },
      'x-next': { required: false, schema: { type: 'string', format: 'uri' } },
      'set-cookie': { description: 'Sets sid, seen', schema: { type: 'string' } },
      etag: { schema: { type: 'string' } },
    });
  });

  for (const [responses, has] of [
    [{}, true],
    [{ 400: {} }, true],
    [{ '5XX': {} }, true],
    [{ '4XX': {} }, false],
    [{ default: {} }, false],
  ] as const)
    test(`as in FastAPI, ${JSON.stringify(responses)} ${has ? 'leaves a 422' : 'stands for the 422 as well'}`, () => {
      const operation = operationOf((app) => app.get('/x', { params: { n: z.int() }, responses }, () => 1));
      assert.equal('422' in operation.responses, has);
    });
});

describe('examples', () => {
  const named = { one: { summary: 'One', description: 'The **first**', value: 1 }, far: { externalValue: 'far.json' } };

  test('of a parameter have names, summaries and values elsewhere', () => {
    const operation = operationOf((app) =>
      app.get('/x', { params: { n: query(z.int(), { examples: named }) } }, () => 1),
    );
    assert.deepEqual(operation.parameters[0]!.examples, named);
  });

  test('of one of several bodies are values of its schema', () => {
    const params = { n: body(z.int(), { examples: named }), m: body(z.int(), { examples: [2] }) };
    const { components } = documentOf((app) => app.post('/x', { params }, () => 1));
    const { properties } = components!.schemas['Body_x_post']!;
    assert.deepEqual(
      [properties!['n'], properties!['m']],
      [
        { type: 'integer', examples: [1] },
        { type: 'integer', examples: [2] },
      ],
    );
  });

  test('that JSON does not hold stand as they are on the wire', () => {
    const at = new Date('2026-01-01T00:00:00Z');
    const params = { at: query(z.date(), { examples: [at] }), n: query(z.bigint(), { examples: [5n] }) };
    const operation = operationOf((app) => app.get('/x', { params }, () => 1));
    assert.deepEqual(
      operation.parameters.map(({ examples }) => examples),
      [{ example1: { value: '2026-01-01T00:00:00.000Z' } }, { example1: { value: 5 } }],
    );
  });
});

describe('bodies', () => {
  test('that a route reads itself are documented, needed unless it is said', () => {
    const content = { 'application/yaml': { schema: Item, examples: ['id: 1'] }, 'application/octet-stream': {} };
    const operation = operationOf((app) =>
      app.post('/x', { requestBody: { description: 'A file', content } }, () => 1),
    );
    assert.deepEqual(operation.requestBody, {
      description: 'A file',
      required: true,
      content: {
        'application/yaml': { schema: itemRef, examples: { example1: { value: 'id: 1' } } },
        'application/octet-stream': {
          schema: { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' },
        },
      },
    });
  });

  test('that parameters declare stand beside further media types', () => {
    const requestBody = { content: { 'application/xml': {} } };
    const params = { item: Item.nullish() };
    const operation = operationOf((app) => app.post('/x', { params, requestBody }, () => 1));
    const { required, content } = operation.requestBody;
    assert.deepEqual([required, Object.keys(content)], [false, ['application/json', 'application/xml']]);
  });

  test('of forms have the encoding of files and lists', () => {
    const photo = z.file().mime(['image/png', 'image/gif']);
    const multipart = operationOf((app) =>
      app.post(
        '/x',
        { params: { photo: file(photo), one: file(z.file().mime('text/csv')), tags: form(z.array(z.string())) } },
        () => 1,
      ),
    );
    const urlencoded = operationOf((app) =>
      app.post('/x', { params: { tags: form(z.array(z.string()).optional()), n: form(z.int()) } }, () => 1),
    );
    const encodingOf = ({ requestBody }: Documented): object | undefined =>
      Object.values(requestBody.content)[0]!.encoding;
    assert.deepEqual(encodingOf(multipart), {
      photo: { contentType: 'image/png, image/gif' },
      one: { contentType: 'text/csv' },
    });
    assert.deepEqual(encodingOf(urlencoded), { tags: { style: 'form', explode: true } });
  });
});

describe('further members', () => {
  test('of an operation are merged as in FastAPI', () => {
    const openapi = {
      'x-cost': { points: 5 },
      tags: ['more'],
      summary: 'Another',
      parameters: [
        { in: 'query', name: 'n', style: 'deepObject', schema: { title: 'N' } },
        { in: 'header', name: 'x-more', schema: { type: 'string' } },
      ],
      responses: { 200: { 'x-cached': true }, 418: { description: 'Tea' } },
    };
    const operation = operationOf((app) => app.get('/x', { params: { n: z.int() }, tags: ['own'], openapi }, () => 1));
    const { summary, tags, 'x-cost': cost, parameters, responses } = operation;
    assert.deepEqual([summary, tags, cost], ['Another', ['own', 'more'], { points: 5 }]);
    assert.deepEqual(parameters, [
      { name: 'n', in: 'query', required: true, schema: { type: 'integer', title: 'N' }, style: 'deepObject' },
      { in: 'header', name: 'x-more', schema: { type: 'string' } },
    ]);
    assert.deepEqual(Object.keys(responses), ['200', '418', '422']);
    assert.equal(responses['200']!['x-cached'], true);
  });

  test('of the document are merged, and may be what others refer to', () => {
    const openapi = {
      info: { 'x-logo': { url: '/logo.png' } },
      components: { schemas: { Colour: { type: 'string' } }, parameters: { Trace: { in: 'header', name: 'x-trace' } } },
      security: [{ Gateway: [] }],
      jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
      'x-stage': 'beta',
    };
    const parameters = [{ $ref: '#/components/parameters/Trace' }];
    const document = documentOf(
      (app) => app.get('/x', { response: Item, openapi: { parameters } }, () => ({ id: 1, name: '' })),
      {
        openapi,
      },
    );
    assert.deepEqual(document.info['x-logo'], { url: '/logo.png' });
    assert.deepEqual(Object.keys(document.components!.schemas), ['Item', 'Colour']);
    assert.deepEqual([document['x-stage'], document['security']], ['beta', [{ Gateway: [] }]]);
    assert.deepEqual(document.paths['/x']!['get']!['parameters'], parameters);
  });
});

describe('requests that the app sends', () => {
  const answer = { 200: { description: 'Successful Response', content: { 'application/json': { schema: itemRef } } } };

  test('in return for one of its own are callbacks, by name and address', () => {
    const url = '{$request.query.url}';
    const both = [callback('POST', url, { params: { item: Item }, response: Item }), callback('PUT', `${url}/2`)];
    const router = new Router({ callbacks: { shared: callback('DELETE', url, { summary: 'Gone' }) } });
    router.get('/x', { callbacks: { itemMade: both } }, () => 1);
    const { callbacks } = operationOf((app) => app.include(router));
    assert.deepEqual(Object.keys(callbacks), ['shared', 'itemMade']);
    assert.equal(callbacks['shared']![url]!['delete']!['summary'], 'Gone');
    assert.deepEqual(callbacks['itemMade']![url]!['post'], {
      summary: 'Item Made',
      operationId: 'itemMade_post',
      requestBody: { required: true, content: { 'application/json': { schema: itemRef } } },
      responses: answer,
    });
    assert.deepEqual(Object.keys(callbacks['itemMade']![`${url}/2`]!), ['put']);
  });

  test('of their own are webhooks: documented with what they read, not served', () => {
    const app = new App({ logger: false });
    const signed = dependency({ x_signature: header(z.string()) }, (values) => values);
    assert.equal(app.openapi().webhooks, undefined);
    app.webhooks.post('itemMade', { params: { item: Item, signed }, response: Item, tags: ['items'] });
    app.webhooks.delete('itemMade', { documented: false });
    assert.deepEqual(app.openapi().webhooks, {
      itemMade: {
        post: {
          tags: ['items'],
          summary: 'Item Made',
          operationId: 'itemMade_post',
          parameters: [{ name: 'x-signature', in: 'header', required: true, schema: { type: 'string' } }],
          requestBody: { required: true, content: { 'application/json': { schema: itemRef } } },
          responses: answer,
        },
      },
    });
    assert.deepEqual(app.openapi().paths, {});
    assert.deepEqual(
      app.routes.filter(({ definition }) => definition.path === 'itemMade'),
      [],
    );
  });
});

describe('names of operations', () => {
  const idsOf = ({ paths }: OpenApiDocument): unknown[] =>
    Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));

  test("are a route's own, else what the function of the nearest router makes, else the app's", () => {
    const inner = new Router({ prefix: '/inner', operationId: ({ name }) => `inner-${name}` });
    inner.get('/a', function a() {});
    inner.get('/b', { operationId: 'mine' }, () => 1);
    inner.get('/c', { operationId: ({ path }) => `c${path}` }, () => 1);
    const outer = new Router({ tags: ['t'], operationId: () => 'never' });
    outer.include(inner);
    const document = documentOf(
      (app) => {
        app.include(outer);
        app.post('/d', { tags: ['x'] }, function d() {});
      },
      { operationId: ({ tags, name, method }) => `${tags[0]}-${name}-${method}` },
    );
    assert.deepEqual(idsOf(document), ['inner-a', 'mine', 'c/inner/c', 'x-d-POST']);
  });

  test('that were given keep theirs, and the others get numbers', () => {
    const document = documentOf((app) => {
      app.get('/a', () => 1);
      app.get('/b', { operationId: 'a_get' }, () => 1);
      app.route(['PUT', 'PATCH'], '/c', { operationId: 'c' }, () => 1);
    });
    assert.deepEqual(idsOf(document), ['a_get_2', 'a_get', 'c', 'c_2']);
  });
});

test('servers, external documentation and tags stand where they were declared', () => {
  const servers = [{ url: 'https://{place}.example', variables: { place: { default: 'eu', enum: ['eu', 'us'] } } }];
  const externalDocs = { url: 'https://docs.example', description: 'More' };
  const tags = [{ name: 'a', externalDocs }];
  const document = documentOf((app) => app.get('/x', { servers, externalDocs }, () => 1), {
    servers,
    tags,
    externalDocs,
  });
  const operation = document.paths['/x']!['get']!;
  assert.deepEqual([document['servers'], document['tags'], document['externalDocs']], [servers, tags, externalDocs]);
  assert.deepEqual([operation['servers'], operation['externalDocs']], [servers, externalDocs]);
});

test('the document is frozen, and what the app declared is not', () => {
  const example = { id: 1, name: 'a' };
  const contact = { name: 'Ada' };
  const document = documentOf(
    (app) => app.post('/x', { params: { item: body(Item, { examples: [example] }) } }, () => 1),
    {
      contact,
    },
  );
  assert.throws(() => Object.assign(document.info, { title: 'Other' }), TypeError);
  assert.throws(() => Object.assign(document.components!.schemas['Item']!, { title: 'Other' }), TypeError);
  assert.equal(Object.isFrozen(example) || Object.isFrozen(contact), false);
  contact.name = 'Bob';
  assert.deepEqual(document.info['contact'], { name: 'Ada' });
});
