import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeProject } from '../support/project.ts';

const main = `import { App, dependency, path } from 'cortado';
console.log('noise');
const signedIn = dependency(() => 'ada', { name: 'signedIn' });
const number = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }), jsonSchema: { input: () => ({ type: 'integer' }), output: () => ({ type: 'integer' }) } } };
export const app = new App({ title: 'Cafe', guards: [signedIn] });
app.get('/orders/{order_id}', { params: { order_id: path(number as never) } }, () => 1);
app.post('/orders', { status: 201 }, () => 1);
`;

test('routes prints a table', async () => {
  using project = makeProject({ 'src/app.ts': main });
  await using program = project.cortado(['routes']);
  assert.equal(await program.ended, 0);
  assert.equal(
    program.output().replace('noise\n', ''),
    `METHOD  PATH                TAKES          GUARDS    ANSWERS
GET     /orders/{order_id}  order_id:path  signedIn  200
POST    /orders                            signedIn  201
`,
  );
});

test('routes lists sockets, with what their messages ask for', async () => {
  const talking = `import { App, dependency, header, query } from 'cortado';
import { z } from 'zod';
const member = dependency(() => 1, { name: 'member' });
const tenant = dependency({ tenant: header(z.string()) }, () => 1, { name: 'tenant' });
const inner = new App();
inner.socket('/in', () => {});
export const app = new App();
app.socket('/rooms/{room}', {
  params: { room: z.string(), since: query(z.int()) },
  guards: [member],
  incoming: z.object({ text: z.string() }),
  outgoing: z.object({ text: z.string() }),
  each: { tenant },
}, () => {});
app.socket('/hidden', { documented: false }, () => {});
app.mount('/admin', inner);
`;
  using project = makeProject({ 'main.ts': talking });
  project.link('zod');
  await using program = project.cortado(['routes']);
  assert.equal(await program.ended, 0, program.output());
  assert.equal(
    program.output(),
    `METHOD  PATH           TAKES                                GUARDS  ANSWERS
SOCKET  /rooms/{room}  room:path since:query tenant:header  member  101 checked
ANY     /admin/*       App                                          mounted
SOCKET  /admin/in                                                   101
`,
  );
  await using schemas = project.cortado(['routes', '--schemas']);
  assert.equal(await schemas.ended, 0);
  assert.match(schemas.output(), /SOCKET +\/rooms\/\{room\} +incoming +yes/);
});

test('routes lists what is mounted, and the routes of an app among it', async () => {
  const mounting = `import { App, dependency, proxy } from 'cortado';
const admins = dependency(() => 1, { name: 'admins' });
const inner = new App();
inner.get('/users', () => 1);
inner.mount('/deep', () => new Response('x'));
export const app = new App();
app.get('/own', () => 1);
app.mount('/admin', inner, { guards: [admins] });
app.mount('/', proxy('http://127.0.0.1:9000'));
`;
  using project = makeProject({ 'main.ts': mounting });
  await using program = project.cortado(['routes']);
  assert.equal(await program.ended, 0, program.output());
  assert.equal(
    program.output(),
    `METHOD  PATH           TAKES          GUARDS  ANSWERS
GET     /own                                  200
ANY     /admin/*       App            admins  mounted
GET     /admin/users                          200
ANY     /admin/deep/*  fetch handler          mounted
ANY     /*             proxy                  mounted
`,
  );
});

test("routes names the scopes that a route asks for, its router's included", async () => {
  const scoped = `import { App, Router, dependency } from 'cortado';
import { oauth2Password } from 'cortado/security';
const user = dependency({ token: oauth2Password({ tokenUrl: '/token', scopes: { read: 'Reads', write: 'Writes' } }) }, ({ token }) => token, { name: 'user' });
const router = new Router({ prefix: '/orders', guards: [user], scopes: ['read'] });
router.get('', () => 1);
router.post('', { scopes: ['write'] }, () => 1);
export const app = new App();
app.include(router);
app.get('/open', () => 1);
`;
  using project = makeProject({ 'main.ts': scoped });
  await using program = project.cortado(['routes']);
  assert.equal(await program.ended, 0, program.output());
  assert.equal(
    program.output(),
    `METHOD  PATH     GUARDS                     SCOPES      ANSWERS
GET     /orders  user OAuth2PasswordBearer  read        200
POST    /orders  user OAuth2PasswordBearer  read write  200
GET     /open                                           200
`,
  );
});

test('routes lists folders, which are in no document', async () => {
  const folders = `import { App, dependency } from 'cortado';
export const app = new App();
app.static('/static', 'public', { guards: [dependency(() => 'ada', { name: 'signedIn' })] });
app.frontend('public');
`;
  using project = makeProject({ 'main.ts': folders, 'public/index.html': '<h1>page</h1>' });
  await using program = project.cortado(['routes']);
  assert.equal(await program.ended, 0, program.output());
  assert.equal(
    program.output(),
    `METHOD  PATH                 TAKES      GUARDS    ANSWERS
GET     /static/{path:path}  path:path  signedIn  200
GET     /{path:path}         path:path            200
`,
  );
});

test('routes names the security schemes of all that a route asks for', async () => {
  const secured = `import { App, dependency } from 'cortado';
import { apiKey, httpBearer } from 'cortado/security';
const bearer = httpBearer();
const user = dependency({ token: bearer }, ({ token }) => token, { name: 'user' });
const admin = dependency({ user }, ({ user }) => user, { name: 'admin' });
export const app = new App();
app.get('/open', () => 1);
app.get('/param', { params: { token: bearer } }, () => 1);
app.get('/dependency', { params: { user } }, () => 1);
app.get('/guard', { guards: [admin] }, () => 1);
app.get('/scheme', { guards: [bearer] }, () => 1);
app.get('/maybe', { params: { key: apiKey({ in: 'header', name: 'x-key', optional: true }) } }, () => 1);
`;
  using project = makeProject({ 'main.ts': secured });
  await using program = project.cortado(['routes']);
  assert.equal(await program.ended, 0, program.output());
  const guards = program.output().split('\n').slice(1, -1);
  assert.deepEqual(
    guards.map((line) =>
      line
        .split(/ {2,}/)
        .filter((cell) => !/:(header|query)$/.test(cell))
        .slice(1),
    ),
    [
      ['/open', '200'],
      ['/param', 'HTTPBearer', '200'],
      ['/dependency', 'HTTPBearer', '200'],
      ['/guard', 'admin HTTPBearer', '200'],
      ['/scheme', 'HTTPBearer', '200'],
      ['/maybe', 'APIKeyHeader?', '200'],
    ],
  );
});

const declared = `import { App } from 'cortado';
import { z } from 'zod';
export const app = new App();
app.post('/users', { params: { age: z.int(), user: z.object({ name: z.string().refine(() => true) }) }, response: z.object({ id: z.int() }) }, () => ({ id: 1 }));
`;
const flags: readonly [words: string, env: Record<string, string>, compiled: readonly string[]][] = [
  [
    'which schemas are compiled, and why others are not',
    {},
    ['yes', 'its parts: name: string: a function of the app in a check', 'yes'],
  ],
  [
    'that none is where no code may be generated',
    { NODE_OPTIONS: '--conditions=cortado-source --disallow-code-generation-from-strings' },
    ['no: no code generation', 'no: no code generation', 'no: no code generation'],
  ],
];
for (const [words, env, compiled] of flags)
  test(`routes --schemas tells ${words}`, async () => {
    using project = makeProject({ 'main.ts': declared });
    project.link('zod');
    await using program = project.cortado(['routes', '--schemas'], env);
    assert.equal(await program.ended, 0, program.output());
    const rows = program.output().split('\n').slice(1, -1);
    assert.deepEqual(
      rows.map((line) => line.split(/ {2,}/)),
      [
        ['POST', '/users', 'age:query', compiled[0]],
        ['POST', '/users', 'user:body', compiled[1]],
        ['POST', '/users', 'the answer', compiled[2]],
      ],
    );
  });

test('an app whose schemas cannot be compiled says so in its log, and serves', async () => {
  using project = makeProject({ 'main.ts': `${declared}z.config({ jitless: true });\n` });
  project.link('zod');
  await using program = project.cortado(['run', '--port', '0'], { CORTADO_LOG: 'json' });
  await program.until(/Server listening/, 20_000);
  const [, address] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(program.output())!;
  const answer = await fetch(`${address}/users?age=5`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"Ada"}',
  });
  assert.equal(await answer.text(), '{"id":1}');
  assert.match(program.output(), /schemas of Zod are not compiled/);
});

test('routes --all has the routes of the documentation as well', async () => {
  using project = makeProject({ 'src/app.ts': main });
  await using program = project.cortado(['routes', '--all', 'src/app.ts']);
  assert.equal(await program.ended, 0);
  assert.match(program.output(), /^GET +\/docs /m);
});

test('openapi prints the document and nothing else', async () => {
  using project = makeProject({ 'src/app.ts': main });
  await using program = project.cortado(['openapi']);
  let printed = '';
  program.child.stdout?.on('data', (chunk) => (printed += chunk));
  assert.equal(await program.ended, 0);
  const document = JSON.parse(printed) as { openapi: string; info: { title: string }; paths: object };
  assert.equal(document.info.title, 'Cafe');
  assert.deepEqual(Object.keys(document.paths), ['/orders/{order_id}', '/orders']);
});

test('openapi --output writes a file', async () => {
  using project = makeProject({ 'src/app.ts': main });
  await using program = project.cortado(['openapi', '--output', 'api.json']);
  assert.equal(await program.ended, 0);
  assert.equal(JSON.parse(readFileSync(join(project.folder, 'api.json'), 'utf8')).info.title, 'Cafe');
});

test('openapi --check is content with the document of the app', async () => {
  using project = makeProject({ 'src/app.ts': main });
  await using writing = project.cortado(['openapi', '--output', 'api.json']);
  assert.equal(await writing.ended, 0);
  await using checking = project.cortado(['openapi', '--check', 'api.json']);
  assert.equal(await checking.ended, 0);
  assert.match(checking.output(), /^api\.json is the document of the app\.$/m);
});

test('openapi --check says what differs and how to take it over, with exit code 1', async () => {
  using project = makeProject({ 'src/app.ts': main });
  await using writing = project.cortado(['openapi', '--output', 'api.json']);
  assert.equal(await writing.ended, 0);
  const path = join(project.folder, 'api.json');
  const written = JSON.parse(readFileSync(path, 'utf8'));
  written.info.title = 'Bar';
  delete written.paths['/orders'].post;
  writeFileSync(path, JSON.stringify(written));
  await using checking = project.cortado(['openapi', '--check', 'api.json']);
  assert.equal(await checking.ended, 1);
  assert.match(checking.output(), /^ {2}~ info\.title: "Bar" → "Cafe"$/m);
  assert.match(checking.output(), /^ {2}\+ paths\["\/orders"\]\.post: /m);
  assert.match(checking.output(), /cortado openapi --output api\.json/);
});

for (const [what, text] of [
  ['a file that is not there', undefined],
  ['a file that is no JSON', '{'],
] as const)
  test(`openapi --check ends with one line for ${what}`, async () => {
    using project = makeProject({ 'src/app.ts': main, ...(text !== undefined && { 'api.json': text }) });
    await using program = project.cortado(['openapi', '--check', 'api.json']);
    assert.equal(await program.ended, 1);
    assert.match(program.output(), /^cortado: cannot read a document from api\.json: /m);
  });

test('openapi --output ends with one line where it cannot write', async () => {
  using project = makeProject({ 'src/app.ts': main });
  await using program = project.cortado(['openapi', '--output', 'no/such/folder/api.json']);
  assert.equal(await program.ended, 1);
  assert.match(program.output(), /^cortado: cannot write no\/such\/folder\/api\.json/m);
});

const talking = `${main}app.socket('/chat', async () => {});\n`;

test('asyncapi prints the document of messages and nothing else', async () => {
  using project = makeProject({ 'src/app.ts': talking });
  await using program = project.cortado(['asyncapi']);
  let printed = '';
  program.child.stdout?.on('data', (chunk) => (printed += chunk));
  assert.equal(await program.ended, 0);
  const document = JSON.parse(printed) as { asyncapi: string; info: { title: string }; channels: object };
  assert.deepEqual([document.asyncapi, document.info.title], ['3.1.0', 'Cafe']);
  assert.deepEqual(Object.keys(document.channels), ['chat']);
});

test('asyncapi --check says whether the document is that of a file', async () => {
  using project = makeProject({ 'src/app.ts': talking });
  await using writing = project.cortado(['asyncapi', '--output', 'messages.json']);
  assert.equal(await writing.ended, 0);
  await using same = project.cortado(['asyncapi', '--check', 'messages.json']);
  assert.equal(await same.ended, 0);
  const path = join(project.folder, 'messages.json');
  const written = JSON.parse(readFileSync(path, 'utf8'));
  delete written.channels.chat.messages.bytes;
  writeFileSync(path, JSON.stringify(written));
  await using other = project.cortado(['asyncapi', '--check', 'messages.json']);
  assert.equal(await other.ended, 1);
  assert.match(other.output(), /^ {2}\+ channels\.chat\.messages\.bytes: /m);
  assert.match(other.output(), /cortado asyncapi --output messages\.json/);
});
