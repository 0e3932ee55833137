import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { App, content, file, form } from '../../src/index.ts';
import { needOpenApiTools, runTool } from '../support/openapi-tools.ts';

const skip = needOpenApiTools() ?? false;
const app = new App({ logger: false });
const Profile = z.object({ name: z.string(), photo: z.file().mime('image/png'), more: z.array(z.file()).optional() });
const Named = z.file().meta({ id: 'Photo', description: 'A photo.' });

app.post(
  '/parts',
  {
    operationId: 'sendParts',
    params: {
      one: file(z.file()),
      list: file(z.array(z.file())),
      maybe: file(z.file().optional()),
      none: file(z.file().nullable().default(null)),
      image: file(z.file().mime(['image/png', 'image/gif']).max(500_000)),
      named: file(Named),
      note: form(z.string()),
    },
  },
  () => 1,
);
app.post('/model', { operationId: 'sendModel', params: { profile: form(Profile) } }, () => 1);
app.get('/image', { operationId: 'getImage', response: content('image/png') }, () => Buffer.from('x'));
app.get('/page', { operationId: 'getPage', response: content('text/html') }, () => 'x');
const Drink = z.object({ name: z.string() }).meta({ id: 'Drink' });
app.get(
  '/either',
  { operationId: 'getEither', response: Drink, responses: { 200: { mediaType: 'image/png' } } },
  () => ({
    name: 'tea',
  }),
);
app.get('/drawn', { responses: { 200: { mediaType: 'image/png', description: 'Drawn.' } } }, () => new Response('x'));
app.get(
  '/more',
  {
    response: Drink,
    status: 201,
    responses: {
      201: { mediaType: 'application/xml' },
      202: { mediaType: 'application/vnd.api+json' },
      422: { schema: Drink },
    },
    params: { n: z.int() },
  },
  () => ({ name: 'tea' }),
);
app.get('/same', { response: Drink, responses: { 200: { schema: z.object({ other: z.int() }) } } }, () => ({
  name: 'x',
}));
app.get('/page-or-json', { response: content('text/html'), responses: { 200: { schema: Drink } } }, () => 'x');

const document = app.openapi();
const text = JSON.stringify(document);
const anyFile = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' };

function at(...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], document);
}

describe('the document', () => {
  const schemas = document.components?.['schemas'] as Record<string, { properties: Record<string, unknown> }>;

  test('says of a file what JSON Schema says, and what generators read', () => {
    assert.doesNotMatch(text, /contentEncoding/);
    const { properties } = schemas['Body_sendParts']!;
    assert.deepEqual(properties, {
      one: anyFile,
      list: { type: 'array', items: anyFile },
      maybe: anyFile,
      none: { anyOf: [anyFile, { type: 'null' }], default: null },
      image: { ...anyFile, maxLength: 500_000 },
      named: { $ref: '#/components/schemas/Photo' },
      note: { type: 'string' },
    });
    assert.deepEqual(schemas['Photo'], { ...anyFile, description: 'A photo.' });
  });

  test('says of which types a file may be', () => {
    const { encoding } = at('paths', '/parts', 'post', 'requestBody', 'content', 'multipart/form-data') as {
      encoding: object;
    };
    assert.deepEqual(encoding, { image: { contentType: 'image/png, image/gif' } });
    assert.match(text, /"photo":\{"type":"string","format":"binary","contentMediaType":"image\/png"\}/);
  });

  for (const [path, status, content] of [
    ['/image', '200', { 'image/png': { schema: { ...anyFile, contentMediaType: 'image/png' } } }],
    ['/page', '200', { 'text/html': { schema: { type: 'string' } } }],
    [
      '/either',
      '200',
      {
        'application/json': { schema: { $ref: '#/components/schemas/Drink' } },
        'image/png': { schema: { ...anyFile, contentMediaType: 'image/png' } },
      },
    ],
    ['/drawn', '200', { 'image/png': { schema: { ...anyFile, contentMediaType: 'image/png' } } }],
    [
      '/more',
      '201',
      {
        'application/json': { schema: { $ref: '#/components/schemas/Drink' } },
        'application/xml': { schema: { type: 'string' } },
      },
    ],
    ['/more', '202', { 'application/vnd.api+json': { schema: {} } }],
    ['/more', '422', { 'application/json': { schema: { $ref: '#/components/schemas/Drink' } } }],
    [
      '/page-or-json',
      '200',
      {
        'text/html': { schema: { type: 'string' } },
        'application/json': { schema: { $ref: '#/components/schemas/Drink' } },
      },
    ],
  ] as const)
    test(`has every media type of ${path}, ${status}`, () => {
      assert.deepEqual(at('paths', path, 'get', 'responses', status, 'content'), content);
    });

  test('takes what the route says of its own media type', () => {
    const { schema } = at('paths', '/same', 'get', 'responses', '200', 'content', 'application/json') as {
      schema: { properties: object };
    };
    assert.deepEqual(Object.keys(schema.properties), ['other']);
  });
});

const photo = "const photo = new File(['x'], 'photo.png');\nconst blob = new Blob(['x']);\n";

// Compiles a program that uses a generated client, as its users would.
function compile(files: Readonly<Record<string, string>>): void {
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'esnext', '--module', 'nodenext'];
  const lib = ['--lib', 'esnext,dom,dom.iterable'];
  const checked = runTool('tsc', [...flags, ...lib, '--allowImportingTsExtensions', 'client.ts'], files);
  assert.ok(checked.ok, checked.output);
}

describe('generated clients', { skip }, () => {
  test('orval types uploads and downloads as Blob | File', () => {
    const config =
      "export default { api: { input: './openapi.json', output: { target: './orval.ts', client: 'fetch' } } };";
    const made = runTool(
      'orval',
      ['--config', 'orval.config.mjs'],
      { 'openapi.json': text, 'orval.config.mjs': config },
      ['orval.ts'],
    );
    assert.ok(made.ok, made.output);
    compile({
      'orval.ts': made.files['orval.ts']!,
      'client.ts': `import { getImage, sendModel, sendParts } from './orval.ts';
${photo}void sendParts({ one: photo, list: [photo, blob], maybe: blob, none: null, image: photo, named: blob, note: 'x' });
void sendModel({ name: 'Ada', photo, more: [blob] });
const image = async (): Promise<Blob> => (await getImage()).data;
// @ts-expect-error: a text is no file
void sendParts({ one: 'text', list: [], image: photo, named: photo, note: 'x' });
export { image };
`,
    });
  });

  test('@hey-api/openapi-ts types uploads and downloads as Blob | File', () => {
    const made = runTool(
      'openapi-ts',
      ['-i', 'openapi.json', '-o', 'hey', '-p', '@hey-api/typescript'],
      { 'openapi.json': text },
      ['hey/types.gen.ts'],
    );
    assert.ok(made.ok, made.output);
    compile({
      'hey.ts': made.files['hey/types.gen.ts']!,
      'client.ts': `import type { GetImageResponse, SendModelData, SendPartsData } from './hey.ts';
${photo}const parts: SendPartsData['body'] = { one: photo, list: [photo, blob], maybe: blob, none: null, image: photo, named: blob, note: 'x' };
const model: SendModelData['body'] = { name: 'Ada', photo, more: [blob] };
const image = (answer: GetImageResponse): Blob => answer;
// @ts-expect-error: a text is no file
const wrong: SendPartsData['body'] = { ...parts, one: 'text' };
export { image, model, parts, wrong };
`,
    });
  });

  test('openapi-typescript does, with the recipe of the docs', () => {
    const docs = readFileSync(join(fileURLToPath(import.meta.url), '../../../docs/routes.md'), 'utf8');
    const recipe = /```js\n(\/\/ types\.mjs[\s\S]*?)```/.exec(docs)![1]!;
    const local = recipe.replace("'http://127.0.0.1:8000/openapi.json'", "'./openapi.json', import.meta.url");
    assert.notEqual(local, recipe);
    const made = runTool('types.mjs', [], { 'openapi.json': text, 'types.mjs': local });
    assert.ok(made.ok, made.output);
    compile({
      'api.ts': made.output,
      'client.ts': `import type { operations } from './api.ts';
${photo}type Parts = operations['sendParts']['requestBody']['content']['multipart/form-data'];
const parts: Parts = { one: photo, list: [photo, blob], maybe: blob, none: null, image: photo, named: blob, note: 'x' };
type Model = NonNullable<operations['sendModel']['requestBody']>['content']['multipart/form-data'];
const model: Model = { name: 'Ada', photo, more: [blob] };
const image: operations['getImage']['responses'][200]['content']['image/png'] = blob;
type Either = operations['getEither']['responses'][200]['content'];
const either: Either['image/png'] | Either['application/json'] = { name: 'tea' };
// @ts-expect-error: a text is no file
const wrong: Parts = { ...parts, one: 'text' };
export { either, image, model, parts, wrong };
`,
    });
  });

  test('Redocly finds no error in it', () => {
    const { ok, output } = runTool('redocly', ['lint', 'openapi.json'], { 'openapi.json': text });
    assert.ok(ok, output);
  });
});
