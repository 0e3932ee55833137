import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, type AppOptions, callback, query, type RouteOptions, Router } from '../../src/index.ts';

type Options = RouteOptions<Record<never, never>, undefined>;

const get = (options: object) => (): unknown => new App({ logger: false }).get('/x', options as Options, () => 1);
const post = (options: object) => (): unknown => new App({ logger: false }).post('/x', options as Options, () => 1);
const make = (options: object) => (): App => new App({ logger: false, ...(options as AppOptions) });
const cyclic: Record<string, unknown> = {};
cyclic['x-self'] = cyclic;

const mistakes: readonly [what: string, run: () => unknown, told: RegExp][] = [
  ['a status that is none', get({ responses: { 99: {} } }), /GET \/x: the keys of responses .* not "99"/],
  ['a hundred in small letters', get({ responses: { '4xx': {} } }), /1XX to 5XX or default, not "4xx"/],
  ['a hundred that is none', get({ responses: { '6XX': {} } }), /not "6XX"/],
  ['an unknown member of an answer', get({ responses: { 200: { body: 1 } } }), /responses 200: unknown option "body"/],
  ['a header that is no object', get({ responses: { 200: { headers: { etag: 'x' } } } }), /responses 200, header etag/],
  ['a header that content says', get({ responses: { 200: { headers: { 'Content-Type': {} } } } }), /OpenAPI ignores/],
  ['a link to nothing', get({ responses: { 200: { links: { next: {} } } } }), /link next needs either an operationId/],
  [
    'a media type that is none',
    get({ responses: { 200: { content: { json: {} } } } }),
    /must be media types, not "json"/,
  ],
  ['a schema that is none', get({ responses: { 200: { content: { 'a/b': { schema: {} } } } } }), /a Standard Schema/],
  ['a body of GET', get({ requestBody: { content: { 'a/b': {} } } }), /GET has no body/],
  ['a body of nothing', post({ requestBody: { content: {} } }), /requestBody must have its content/],
  ['a callback that is none', post({ callbacks: { made: '/x' } }), /callbacks: "made" must be callback\(/],
  ['a server without its url', get({ servers: [{}] }), /each of servers needs its url/],
  ['a variable that is not told', get({ servers: [{ url: '/{v}' }] }), /\/\{v\} has \{v\}/],
  [
    'a default that is not in the enum',
    get({ servers: [{ url: '/{v}', variables: { v: { default: 'a', enum: ['b'] } } }] }),
    /the variable "v" needs a default, one of its enum/,
  ],
  ['external documentation nowhere', get({ externalDocs: { description: 'x' } }), /externalDocs needs its url/],
  ['an unknown member of an operation', get({ openapi: { sumary: 'x' } }), /openapi cannot have "sumary"/],
  ['an id beside its option', get({ openapi: { operationId: 'x' } }), /use the option operationId/],
  [
    'a function in a member',
    get({ openapi: { 'x-a': { b: [() => 1] } } }),
    /openapi: x-a\.b\.0 must be a value of JSON/,
  ],
  ['a schema in a member', get({ openapi: { responses: { 200: z.int() } } }), /responses\.200 is a schema, which/],
  ['a member that holds itself', get({ openapi: cyclic }), /x-self must be a value of JSON, not one that holds itself/],
  ['nothing in a member', get({ openapi: { 'x-a': undefined } }), /x-a must be a value of JSON, not undefined/],
  ['an unknown member of the document', make({ openapi: { routes: {} } }), /App: openapi cannot have "routes"/],
  ['a version beside its option', make({ openapi: { openapi: '3.0.0' } }), /use the option openapiVersion/],
  ['a version that is none', make({ openapiVersion: '3.0.0' }), /openapiVersion must be '3.1.0' or '3.2.0'/],
  ['a tag without a name', make({ tags: [{ description: 'x' }] }), /each of tags needs its name/],
  ['a tag of a later version', make({ tags: [{ name: 'a', parent: 'b' }] }), /has parent, which needs openapiVersion/],
  ['an unknown member of a contact', make({ contact: { mail: 'x' } }), /App: contact: unknown option "mail"/],
  ['a license of two kinds', make({ license: { name: 'MIT', url: 'x', identifier: 'MIT' } }), /not both/],
  ['a license without a name', make({ license: { url: 'x' } }), /license needs its name/],
  [
    'an example that is none',
    () => query(z.int(), { examples: { one: 1 as never } }),
    /example "one" must be an object/,
  ],
  ['an example of nothing', () => query(z.int(), { examples: { one: {} } }), /either its value or an externalValue/],
  [
    'an example of two values',
    () => query(z.int(), { examples: { one: { value: 1, externalValue: 'x' } } }),
    /either its value or an externalValue/,
  ],
  ['examples that are a text', () => query(z.int(), { examples: 'x' as never }), /examples must be a list of values/],
  ['an id that is no text', make({ operationId: 'x' }), /operationId must be a function/],
  [
    'a function that gives no id',
    () => make({ operationId: () => '' })().get('/x', () => 1),
    /must return a text, not ""/,
  ],
  ['a callback to nowhere', () => callback('POST', ''), /callback\(\): its url must be a text/],
  ['a callback with a guard', () => callback('POST', '/x', { guards: [] } as never), /unknown option "guards"/],
  ['a callback of no method', () => callback('SEND' as never, '/x'), /its method must be one of GET/],
  [
    'a webhook with a body that GET has not',
    () => make({})().webhooks.get('x', { params: { b: z.object({}) } }),
    /GET has none/,
  ],
  [
    'a webhook twice',
    () => {
      const { webhooks } = make({})();
      webhooks.post('x');
      webhooks.post('x');
    },
    /webhook POST x is declared twice/,
  ],
  [
    'a parameter of Swagger UI that the page says',
    make({ docs: { swaggerUiParameters: { url: '/x' } } }),
    /docs\.openapi says it/,
  ],
  [
    'a function of Swagger UI',
    make({ docs: { swaggerUiParameters: { onComplete: () => 1 } } }),
    /onComplete must be a value of JSON/,
  ],
  [
    'a secret in the page',
    make({ docs: { swaggerUiInitOAuth: { clientSecret: 'x' } } }),
    /everybody can read the page/,
  ],
  [
    'an unknown member of the dialog',
    make({ docs: { swaggerUiInitOAuth: { client: 'x' } } }),
    /unknown option "client"/,
  ],
  [
    'parameters of a page that is off',
    make({ docs: { swagger: false, swaggerUiParameters: {} } }),
    /which is switched off/,
  ],
];
for (const [what, run, told] of mistakes)
  test(`tells ${what}`, () => {
    assert.throws(run, (error: Error & { code: string }) => {
      assert.match(error.code, /^CORTADO_(?:OPTION_INVALID|OPTION_UNKNOWN|PARAM_INVALID)$/);
      assert.match(error.message, told);
      return true;
    });
  });

test('tells an id that two routes were given, as the second is added', () => {
  const app = new App({ logger: false });
  app.get('/a', { operationId: 'same' }, () => 1);
  app.get('/hidden', { operationId: 'same', documented: false }, () => 1);
  assert.throws(() => app.get('/b', { operationId: 'same' }, () => 1), {
    code: 'CORTADO_ROUTE_DUPLICATE',
    message: /GET \/b has the operationId "same" of GET \/a/,
  });
  const router = new Router();
  router.get('/x', { operationId: 'x' }, () => 1);
  app.include(router, { prefix: '/1' });
  assert.throws(() => app.include(router, { prefix: '/2' }), { code: 'CORTADO_ROUTE_DUPLICATE' });
});

test('tells an id that a request of the app has as well, as the document is made', () => {
  const app = new App({ logger: false });
  app.get('/a', { operationId: 'same' }, () => 1);
  app.webhooks.post('b', { operationId: 'same' });
  assert.throws(() => app.openapi(), {
    code: 'CORTADO_ROUTE_DUPLICATE',
    message: /webhook POST b has the operationId "same"/,
  });
});

test('tells what is referred to and not there, as the document is made', () => {
  const $ref = '#/components/schemas/Nowhere';
  const referring = make({})();
  referring.get('/a', { openapi: { parameters: [{ $ref }] } }, () => 1);
  assert.throws(() => referring.openapi(), {
    code: 'CORTADO_OPTION_INVALID',
    message: /GET \/a: openapi: it refers to #/,
  });
  assert.throws(() => make({ openapi: { 'x-a': { $ref } } })().openapi(), /App: openapi: it refers to #/);
  const linking = make({})();
  linking.get('/a', { responses: { 200: { links: { next: { operationId: 'nowhere' } } } } }, () => 1);
  assert.throws(() => linking.openapi(), { code: 'CORTADO_OPTION_INVALID', message: /has the operationId "nowhere"/ });
});
