import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { type Program, startNode } from '../../support/program.ts';
import { makeProject, type Project } from '../../support/project.ts';

// Files that plain `node` runs, without the `cortado` command.
const head = `import { App, component, dependency, sleep } from 'cortado';
const port = Number(process.env.PORT);
const closing = (name: string, ms = 0) => dependency(async function* () { yield 1; await sleep(ms); console.log(name + ' closed'); }, { scope: 'app', name });
`;
const serving = `${head}const pool = closing('pool');
const app = new App();
app.get('/', { params: { pool } }, () => 1);
app.get('/slow', async () => { console.log('in flight'); await sleep(400); return 'done'; });
app.get('/stuck', async () => { console.log('in flight'); await new Promise(() => {}); });
`;
const listening = `${serving}console.log(await app.stopOnSignals().listen({ port }));\n`;

function run(
  project: Project,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Program {
  return startNode(args, {
    cwd: project.folder,
    env: { CORTADO_LOG: 'silent', NODE_ENV: undefined, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined, ...env },
  });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`an app that listens under plain node stops in order on ${signal}: what is open has its answer, exit code 0`, async () => {
    using project = makeProject({ 'main.ts': listening });
    await using program = run(project, ['main.ts'], { PORT: '0' });
    const [, address] = await program.until(/(http:\S+)\n/);
    const slow = fetch(`${address}/slow`);
    await program.until(/in flight/);
    program.child.kill(signal);
    assert.equal(await (await slow).json(), 'done');
    assert.equal(await program.ended, 0, program.output());
    assert.match(program.output(), /pool closed/);
  });

test('without it a signal ends the process as Node does', async () => {
  using project = makeProject({ 'main.ts': listening.replace('.stopOnSignals()', '') });
  await using program = run(project, ['main.ts'], { PORT: '0' });
  await program.until(/(http:\S+)\n/);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 'SIGTERM');
});

test('a second signal ends the process at once, but for SIGHUP, of which a closed terminal sends several', async () => {
  using project = makeProject({ 'main.ts': listening });
  await using program = run(project, ['main.ts'], { PORT: '0', CORTADO_LOG: 'json' });
  const [, address] = await program.until(/^(http:\S+)$/m);
  const stuck = fetch(`${address}/stuck`).catch(() => {});
  await program.until(/in flight/);
  program.child.kill('SIGHUP');
  await program.until(/stopping: what is open may finish/);
  program.child.kill('SIGHUP');
  program.child.kill('SIGINT');
  assert.equal(await program.ended, 130);
  assert.doesNotMatch(program.output(), /pool closed/);
  await stuck;
});

test('what does not end within the deadline is cut, and the exit code is 1', async () => {
  using project = makeProject({ 'main.ts': listening.replace('stopOnSignals()', 'stopOnSignals({ deadline: 200 })') });
  await using program = run(project, ['main.ts'], { PORT: '0' });
  const [, address] = await program.until(/(http:\S+)\n/);
  const stuck = fetch(`${address}/stuck`).catch(() => {});
  await program.until(/in flight/);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 1);
  await stuck;
});

test('several apps of one process stop side by side, and the process ends when the last one has', async () => {
  const two = `${head}const apps = [['first', 500], ['second', 10]].map(([name, ms]) => { const app = new App(); app.get('/', { params: { value: closing(String(name), Number(ms)) } }, () => 1); return app; });
for (const app of apps) await app.stopOnSignals().listen({ port: 0 });
console.log('both listen');
`;
  using project = makeProject({ 'main.ts': two });
  await using program = run(project, ['main.ts']);
  await program.until(/both listen/);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  assert.match(program.output(), /second closed\nfirst closed/);
});

test('signals belong to Node again once the app is closed', async () => {
  using project = makeProject({
    'main.ts': `${serving}await app.stopOnSignals().listen({ port: 0 });\nawait app.close();\nconsole.log('closed', process.listenerCount('SIGTERM'));\nsetInterval(() => {}, 1000);\n`,
  });
  await using program = run(project, ['main.ts']);
  await program.until(/closed 0/);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 'SIGTERM');
});

test('a signal amid a start that never ends is not waited for beyond the deadline', async () => {
  using project = makeProject({
    'main.ts': `${head}const app = new App();
app.use({ [component]: () => ({ name: 'slow', start: () => { console.log('starts'); setInterval(() => {}, 1000); return new Promise<void>(() => {}); } }) });
await app.stopOnSignals({ deadline: 0 }).listen({ port: 0 });
`,
  });
  await using program = run(project, ['main.ts']);
  await program.until(/starts/);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 1);
});

test('a process that only works off tasks hands back what it has, and ends with code 0', async () => {
  const worker = `import { App } from 'cortado';
import { database } from 'cortado/db';
import { Queue } from 'cortado/queue';
const db = database({ url: 'sqlite:tasks.db', models: {} });
const queue = new Queue({ engine: db });
const brew = queue.task('brew', async () => { console.log('brewing'); await new Promise((done) => setTimeout(done, 300)); console.log('brewed'); });
const app = new App();
app.use(db);
app.use(queue, { worker: true });
await app.stopOnSignals().ready();
await brew.enqueue({});
`;
  using project = makeProject({ 'main.ts': worker });
  await using program = run(project, ['main.ts']);
  await program.until(/brewing/);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0, program.output());
  assert.match(program.output(), /brewed/);
});

test('under the `cortado` command, which stops the app itself, it does nothing', async () => {
  using project = makeProject({
    'main.ts': `${serving}app.stopOnSignals({ deadline: 0 });\nexport default app;\n`,
  });
  const port = await freePort();
  await using program = project.cortado(['run', '--port', String(port)]);
  await program.until(/listening/i);
  const slow = fetch(`http://127.0.0.1:${port}/slow`);
  await program.until(/in flight/);
  program.child.kill('SIGTERM');
  assert.equal(await (await slow).json(), 'done');
  assert.equal(await program.ended, 0);
});

const plain = `${serving}export default app;\n`;
const hint =
  /^cortado: main\.ts makes an app, and nothing serves it\. Serve it: npx cortado dev main\.ts\n.*app\.stopOnSignals\(\)\.listen\(\{ port: 8000 \}\);\n$/;

const ends: readonly [string, string, Readonly<Record<string, string | undefined>>, readonly string[], boolean][] = [
  ['the file that node runs makes an app', plain, { NODE_ENV: 'development' }, ['main.ts'], true],
  [
    'its app comes from a function of another file',
    "import { make } from './make.ts';\nmake();\n",
    { NODE_ENV: 'development' },
    ['main.ts'],
    true,
  ],
  ['nobody looks on', plain, {}, ['main.ts'], false],
  ['it is production', plain, { NODE_ENV: 'production' }, ['main.ts'], false],
  ['it is a test', plain, { NODE_ENV: 'development', NODE_TEST_CONTEXT: 'child-v8' }, ['main.ts'], false],
  ['it is a test of another runner', plain, { NODE_ENV: 'test' }, ['main.ts'], false],
  ['a script imports the app', plain, { NODE_ENV: 'development' }, ['script.ts'], false],
  ['the document is asked for', `${serving}app.openapi();\n`, { NODE_ENV: 'development' }, ['main.ts'], false],
  [
    'the app was started and closed',
    `${serving}await app.ready();\nawait app.close();\n`,
    { NODE_ENV: 'development' },
    ['main.ts'],
    false,
  ],
  [
    'one of two apps is used',
    `${serving}new App();\nawait app.ready();\nawait app.close();\n`,
    { NODE_ENV: 'development' },
    ['main.ts'],
    false,
  ],
  ['the process ends by its own will', `${serving}process.exit(0);\n`, { NODE_ENV: 'development' }, ['main.ts'], false],
];

for (const [when, text, env, args, isHinted] of ends)
  test(`an app that nobody serves is ${isHinted ? 'hinted at' : 'no concern'} where ${when}`, async () => {
    using project = makeProject({
      'main.ts': text,
      'make.ts': "import { App } from 'cortado';\nexport const make = () => new App();\n",
      'script.ts': "import './main.ts';\n",
    });
    await using program = run(project, args, env);
    assert.equal(await program.ended, 0, program.output());
    if (isHinted) assert.match(program.output(), hint);
    else assert.doesNotMatch(program.output(), /cortado:/);
  });

for (const command of [['routes'], ['openapi'], ['tasks', 'list']])
  test(`\`cortado ${command.join(' ')}\` hints at nothing`, async () => {
    using project = makeProject({ 'main.ts': plain });
    await using program = project.cortado(command, { NODE_ENV: 'development' });
    await program.ended;
    assert.doesNotMatch(program.output(), /nothing serves it/);
  });
