import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, type AppOptions, content, eventStream, jsonLines } from '../../src/index.ts';
import { memoryLog } from '../support/memory-log.ts';

const Tick = z.object({ n: z.int() }).meta({ id: 'Tick' });
const tickRef = { $ref: '#/components/schemas/Tick' };

function streaming(options: AppOptions): App {
  const app = new App({ logger: false, ...options });
  app.get('/lines', { response: jsonLines(Tick) }, async function* () {});
  app.get('/events', { response: eventStream(Tick) }, async function* () {});
  app.get('/undeclared', async function* () {});
  app.get('/page', { response: content('text/html') }, () => 'x');
  app.query('/search', { params: { filter: Tick }, response: Tick }, ({ filter }) => filter);
  return app;
}

function contentOf(app: App, path: string): unknown {
  const { responses } = app.openapi().paths[path]!['get'] as unknown as {
    responses: Record<string, { content: object }>;
  };
  return responses['200']!.content;
}

const event = {
  type: 'object',
  properties: {
    data: { type: 'string', contentMediaType: 'application/json', contentSchema: tickRef },
    event: { type: 'string' },
    id: { type: 'string' },
    retry: { type: 'integer', minimum: 0 },
  },
  required: ['data'],
};

const lines = { type: 'string', contentMediaType: 'application/jsonl' };
const cases: readonly [path: string, in31: object, in32: object][] = [
  [
    '/lines',
    { 'application/jsonl': { schema: { ...lines, contentSchema: tickRef } } },
    { 'application/jsonl': { itemSchema: tickRef } },
  ],
  [
    '/events',
    {
      'text/event-stream': { schema: { type: 'string', contentMediaType: 'text/event-stream', contentSchema: event } },
    },
    { 'text/event-stream': { itemSchema: event } },
  ],
  ['/undeclared', { 'application/jsonl': { schema: lines } }, { 'application/jsonl': { itemSchema: {} } }],
  ['/page', { 'text/html': { schema: { type: 'string' } } }, { 'text/html': { schema: { type: 'string' } } }],
];
for (const [path, in31, in32] of cases)
  test(`${path} in 3.1 and in 3.2`, () => {
    assert.deepEqual(contentOf(streaming({}), path), in31);
    assert.deepEqual(contentOf(streaming({ openapiVersion: '3.2.0' }), path), in32);
  });

for (const [openapiVersion, has] of [
  ['3.1.0', false],
  ['3.2.0', true],
] as const)
  test(`${openapiVersion} ${has ? 'has QUERY' : 'has no QUERY, and the start says so'}`, async () => {
    const { logger, lines: logged } = memoryLog();
    await using app = streaming({ openapiVersion, logger });
    await app.ready();
    const document = app.openapi();
    assert.equal(document.openapi, openapiVersion);
    assert.deepEqual(Object.keys(document.paths['/search'] ?? {}), has ? ['query'] : []);
    assert.equal(JSON.stringify(logged).includes('not in the document'), !has);
  });

test('3.2 has more of tags', () => {
  const tags = [
    { name: 'a', summary: 'A', kind: 'nav' },
    { name: 'b', parent: 'a' },
  ];
  assert.deepEqual(streaming({ openapiVersion: '3.2.0', tags }).openapi()['tags'], tags);
});
