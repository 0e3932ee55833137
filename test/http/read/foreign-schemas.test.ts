import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import { App } from '../../../src/index.ts';

// What a plugin gets of Fastify's own JSON Schema, which an app loads for the first schema only.
const plugin = async (server: FastifyInstance): Promise<void> => {
  server.addSchema({
    $id: 'bean',
    type: 'object',
    properties: { name: { type: 'string', minLength: 2 } },
    required: ['name'],
  });
  server.post('/beans', {
    schema: { body: { $ref: 'bean#' }, response: { 201: { $ref: 'bean#' } } },
    handler: (request, reply) => reply.code(201).send({ ...(request.body as object), secret: 1 }),
  });
  server.get('/beans/:id', {
    schema: {
      params: { type: 'object', properties: { id: { type: 'integer' } } },
      querystring: { type: 'object', properties: { many: { type: 'integer', default: 3 } } },
      headers: { type: 'object', properties: { 'X-Roast': { type: 'integer' } }, required: ['X-Roast'] },
    },
    handler: ({ params, query, headers }) => ({ params, query, roast: headers['x-roast'] }),
  });
};

async function answer(server: FastifyInstance, request: InjectOptions): Promise<{ status: number; body: unknown }> {
  const { statusCode, body } = await server.inject(request);
  return { status: statusCode, body: statusCode === 400 ? undefined : JSON.parse(body) };
}

const beans = { method: 'POST', url: '/beans' } as const;
const requests: readonly (readonly [string, InjectOptions, number])[] = [
  ['filters an answer by a shared schema', { ...beans, payload: { name: 'Yirgacheffe' } }, 201],
  ['refuses a body by a shared schema', { ...beans, payload: { name: 'Y' } }, 400],
  ['converts params, query and a header in any case', { url: '/beans/4', headers: { 'x-roast': '2' } }, 200],
  ['refuses a header that is missing, in any case', { url: '/beans/4' }, 400],
  ['refuses a param', { url: '/beans/four', headers: { 'x-roast': '2' } }, 400],
];

for (const [name, request, status] of requests) {
  test(`a plugin's route ${name}, as on Fastify itself`, async () => {
    await using app = new App({ logger: false });
    app.use(plugin);
    app.get('/', () => 'ours');
    await app.ready();
    const fastify = Fastify();
    fastify.register(plugin);
    const expected = await answer(fastify, request);
    assert.equal(expected.status, status);
    assert.deepEqual(await answer(app.server, request), expected);
    await fastify.close();
  });
}

test('a schema controller of the app is left as it is', async () => {
  const seen: string[] = [];
  const buildValidator = (): never => {
    seen.push('validator');
    return (() => () => true) as never;
  };
  const app = new App({ logger: false, server: { schemaController: { compilersFactory: { buildValidator } } } });
  app.use(plugin);
  await app.ready();
  await app.close();
  assert.ok(seen.includes('validator'));
});
