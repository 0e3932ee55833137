import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { freePort } from '../support/free-port.ts';
import { startProgram } from '../support/program.ts';
import { makeProject, type Project } from '../support/project.ts';
import { certFile, keyFile, trusting } from '../support/tls.ts';
import { until } from '../support/until.ts';

const cortadoMain = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const main = `import { App, sleep } from 'cortado';
import { word } from './word.ts';
const app = new App({ title: 'Cafe' });
app.get('/', () => ({ word, port: process.env.PORT }));
app.get('/slow', async () => { await sleep(300); return word; });
app.get('/fail', () => { throw new Error('no beans'); });
export default app;
`;
const word = (text: string): string => `export const word = '${text}';\n`;

async function dev(project: Project, args: readonly string[] = []) {
  const program = project.cortado(['dev', '--port', '0', ...args]);
  const [, address] = await program.until(/App +(http:\S+)\n/);
  return { program, get: async (path: string) => fetch(`${address}${path}`), address: address! };
}

async function wordOf(response: Response): Promise<string> {
  return ((await response.json()) as { word: string }).word;
}

test('serves, says where the app and its documentation are, and logs one readable line per request', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one') });
  const { program, get, address } = await dev(project);
  await using _ = program;
  assert.match(program.output(), new RegExp(`Cafe\\n +App +${address}\\n +Docs +${address}/docs\\n`));
  assert.deepEqual(await (await get('/')).json(), { word: 'one', port: new URL(address).port });
  await program.until(/^\[\d\d:\d\d:\d\d\] INFO: GET \/ 200 [\d.]+ ms$/m);
  await get('/nowhere?token=secret');
  await program.until(/^\[\d\d:\d\d:\d\d\] INFO: GET \/nowhere 404 [\d.]+ ms$/m);
  assert.doesNotMatch(program.output(), /secret/);
});

test('a change closes the sockets that are open with 1001, and new ones get the new code', async () => {
  const talking = `import { App } from 'cortado';
import { word } from './word.ts';
const app = new App();
app.socket('/s', async (_, socket) => {
  await socket.send(word);
  for await (const message of socket) await socket.send(message);
});
export default app;
`;
  using project = makeProject({ 'main.ts': talking, 'word.ts': word('one') });
  const { program, address } = await dev(project);
  await using _ = program;
  const open = async (): Promise<{ ws: WebSocket; said: string; closed: Promise<string> }> => {
    const ws = new WebSocket(`${address.replace('http', 'ws')}/s`);
    const closed = once(ws, 'close').then(([code, reason]) => `${code} ${reason}`);
    const [data] = (await once(ws, 'message')) as [Buffer];
    return { ws, said: String(data), closed };
  };
  const first = await open();
  assert.equal(first.said, 'one');
  project.write('word.ts', word('two'));
  assert.equal(await first.closed, '1001 The app stops');
  const second = await until('the new code answers', async () => {
    const opened = await open();
    assert.equal(opened.said, 'two');
    return opened;
  });
  second.ws.close();
});

test('says nothing of what holds up the loop while the app starts, and names it once it serves', async () => {
  const slow = `import { App, component } from 'cortado';
const block = () => { for (const end = performance.now() + 250; performance.now() < end; ); };
const app = new App();
app.use({ [component]: () => ({ name: 'modules', start: async () => { block(); await null; setTimeout(block, 20); await new Promise((done) => setTimeout(done, 60)); } }) });
app.get('/', () => 1);
app.get('/block', () => block());
block();
export default app;
`;
  using project = makeProject({ 'main.ts': slow });
  const { program, get } = await dev(project);
  await using _ = program;
  await get('/');
  await pause(400);
  assert.doesNotMatch(program.output(), /held up the loop/);
  await get('/block');
  await program.until(/GET \/block held up the loop for \d+ ms in its handler/);
});

test('hands connections on to an app over TLS, and says so', async () => {
  const secure = `import { readFileSync } from 'node:fs';
import { App } from 'cortado';
const https = { key: readFileSync('${keyFile}'), cert: readFileSync('${certFile}'), allowHTTP1: true };
const app = new App({ title: 'Safe', server: { http2: true, https } });
app.get('/', () => 'safe');
export default app;
`;
  using project = makeProject({ 'main.ts': secure });
  await using program = project.cortado(['dev', '--port', '0']);
  const [, address] = await program.until(/App +(https:\S+)\n +Docs +https:/);
  const session = connect(address!, trusting);
  assert.equal(await text(session.request()), '"safe"');
  session.close();
  const [answer] = (await once(get(address!, { ...trusting, agent: false }), 'response')) as [IncomingMessage];
  assert.equal(await text(answer), '"safe"');
});

test('shows an error of a handler with the frames of the own code', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one') });
  const { program, get } = await dev(project);
  await using _ = program;
  assert.equal((await get('/fail')).status, 500);
  await program.until(/GET \/fail 500/);
  assert.match(program.output(), /Error: no beans\n\s+at \S+ \(main\.ts:6:32\)\n/);
  assert.doesNotMatch(program.output(), /node_modules/);
});

test('restarts when a file that the app imports changes, and refuses nobody meanwhile', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one'), 'other.ts': '' });
  const { program, get } = await dev(project);
  await using _ = program;
  assert.equal(await wordOf(await get('/')), 'one');
  project.write('word.ts', word('two'));
  const answers: string[] = [];
  while (answers.at(-1) !== 'two' && answers.length < 2000) answers.push(await wordOf(await get('/')));
  assert.deepEqual([...new Set(answers)], ['one', 'two']);
  assert.match(program.output(), /word\.ts changed\n[\s\S]*ready in \d+ ms/);
});

test('does not restart for a file that the app does not import', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one'), 'other.ts': '' });
  const { program, get } = await dev(project);
  await using _ = program;
  project.write('other.ts', '// changed');
  project.write('word.ts', word('two'));
  await program.until(/ready in/);
  assert.equal(await wordOf(await get('/')), 'two');
  assert.equal(program.output().match(/changed/g)?.length, 1);
  assert.doesNotMatch(program.output(), /other\.ts/);
});

test('restarts for a file that --watch names', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one'), 'menu.txt': 'espresso' });
  const { program } = await dev(project, ['main.ts', '--watch', 'menu.txt']);
  await using _ = program;
  project.write('menu.txt', 'cortado');
  await program.until(/menu\.txt changed\n[\s\S]*ready in/);
});

test('restarts for a module that only a worker thread imports', async () => {
  const threaded = `import { Worker } from 'node:worker_threads';
import { App } from 'cortado';
export const app = new App();
app.get('/', () => new Promise((resolve) => new Worker(new URL('./thread.ts', import.meta.url)).once('message', resolve)));
`;
  const thread = (text: string): string =>
    `import { parentPort } from 'node:worker_threads';\nparentPort?.postMessage('${text}');\n`;
  using project = makeProject({ 'main.ts': threaded, 'thread.ts': thread('one') });
  const { program, get } = await dev(project);
  await using _ = program;
  assert.equal(await (await get('/')).json(), 'one');
  project.write('thread.ts', thread('two'));
  await program.until(/thread\.ts changed\n[\s\S]*ready in/);
  assert.equal(await (await get('/')).json(), 'two');
});

test('lets a request in flight finish before it restarts', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one') });
  const { program, get } = await dev(project);
  await using _ = program;
  const slow = get('/slow');
  await new Promise((resolve) => setTimeout(resolve, 100));
  project.write('word.ts', word('two'));
  await program.until(/changed/);
  assert.equal(await (await slow).json(), 'one');
  assert.equal(await (await get('/slow')).json(), 'two');
});

test('answers 503 with the reason while the app cannot start, and goes on when it can again', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one') });
  const { program, get } = await dev(project);
  await using _ = program;
  project.write('word.ts', 'export const word = ;');
  await program.until(/waiting for a change/);
  const excuse = await get('/');
  assert.equal(excuse.status, 503);
  assert.match(await excuse.text(), /word\.ts:1: SyntaxError/);
  project.write('word.ts', word('three'));
  await program.until(/ready in/);
  assert.equal(await wordOf(await get('/')), 'three');
});

const firstStarts: readonly [string, Record<string, string>, RegExp, (project: Project) => void][] = [
  [
    'a syntax error',
    { 'main.ts': main, 'word.ts': 'export const word = ;' },
    /^cortado: word\.ts:1: SyntaxError/,
    (project) => project.write('word.ts', word('mended')),
  ],
  [
    'a file that an import lacks, in a folder that is still to come',
    { 'main.ts': main.replace('./word.ts', './a/b/word.ts') },
    /^cortado: Cannot find '\.\/a\/b\/word\.ts'/,
    (project) => project.write('a/b/word.ts', word('mended')),
  ],
  [
    'a package that is not installed',
    { 'main.ts': main.replace('./word.ts', 'words') },
    /^cortado: Cannot find package 'words'/,
    (project) => {
      project.write('node_modules/words/package.json', '{ "type": "module", "exports": "./index.js" }');
      project.write('node_modules/words/index.js', word('mended'));
      project.write('package.json', '{ "type": "module", "dependencies": { "words": "1" } }');
    },
  ],
  [
    'no app in the file',
    { 'main.ts': main.replace('export default app;', ''), 'word.ts': word('mended') },
    /^cortado: main\.ts exports no App/,
    (project) => project.write('main.ts', main),
  ],
  [
    'a setting that `.env` lacks',
    {
      'main.ts': main,
      'src.ts': '',
      'word.ts':
        "try { process.loadEnvFile(); } catch {}\nif (process.env.WORD === undefined) throw new Error('WORD is missing');\nexport const word = process.env.WORD;",
    },
    /^cortado: word\.ts:2: Error: WORD is missing/,
    (project) => project.write('.env', 'WORD=mended\n'),
  ],
  [
    'a process that ends by itself',
    { 'main.ts': main, 'word.ts': 'process.exit(3);\nexport const word = 1;' },
    /^cortado: the app's process ended by itself \(3\)/,
    (project) => project.write('word.ts', word('mended')),
  ],
];

for (const [what, files, said, mend] of firstStarts)
  test(`waits for a change where the first start fails, at ${what}, and answers 503 with the reason`, async () => {
    using project = makeProject(files);
    const port = await freePort();
    await using program = project.cortado(['dev', '--port', String(port)]);
    await program.until(/waiting for a change\n/);
    assert.match(program.output(), said);
    const excuse = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(excuse.status, 503);
    assert.match(await excuse.text(), new RegExp(`^The app does not start\\.\\n\\n${said.source.slice(1)}`));
    mend(project);
    await program.until(/Cafe\n +App +http:/);
    assert.equal(await wordOf(await fetch(`http://127.0.0.1:${port}/`)), 'mended');
    program.child.kill('SIGINT');
    assert.equal(await program.ended, 0);
  });

test('restarts for a file of settings: one that changes, and one that comes', async () => {
  using project = makeProject({
    'main.ts': main,
    'word.ts': `import { settings } from 'cortado/settings';
import { z } from 'zod';
export const { word } = settings(z.object({ word: z.string() }), { files: ['.env', '.env.local'] });
`,
    '.env': 'WORD=one\n',
  });
  project.link('zod');
  const { program, get } = await dev(project);
  await using _ = program;
  assert.equal(await wordOf(await get('/')), 'one');
  project.write('.env', 'WORD=two\n');
  await program.until(/\.env changed[\s\S]*ready in \d+ ms/);
  assert.equal(await wordOf(await get('/')), 'two');
  project.write('.env.local', 'WORD=three\n');
  await program.until(/\.env\.local changed[\s\S]*ready in \d+ ms/);
  assert.equal(await wordOf(await get('/')), 'three');
});

test('stops on a signal while it waits for a first start', async () => {
  using project = makeProject({ 'main.ts': 'throw new Error();' });
  await using program = project.cortado(['dev', '--port', '0']);
  await program.until(/waiting for a change\n/);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0);
});

for (const [what, args, said] of [
  ['a file that is not there', ['nowhere.ts'], /^cortado: there is no file "nowhere\.ts"\.\n$/],
  ['no file', [], /^cortado: no app file is named/],
] as const)
  test(`ends at once at ${what}: a command that was mistyped`, async () => {
    using project = makeProject({});
    await using program = project.cortado(['dev', '--port', '0', ...args]);
    assert.equal(await program.ended, 1);
    assert.match(program.output(), said);
  });

test('waits for a change when the process of the app ends by itself', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one') });
  const { program, get } = await dev(project);
  await using _ = program;
  project.write('word.ts', 'export const word = 1;\nsetTimeout(() => process.exit(3), 300);');
  await program.until(/the app's process ended by itself \(3\)\n.*waiting for a change/);
  assert.match(await (await get('/')).text(), /^The app has crashed\.\n\n.*ended by itself \(3\)/);
  project.write('word.ts', word('back'));
  await program.until(/(ready in[\s\S]*){2}/);
  assert.equal(await wordOf(await get('/')), 'back');
});

test('ends with code 0 on a signal, and takes the process of the app along', async () => {
  using project = makeProject({
    'main.ts': main.replace('word, port', 'word: process.pid, port'),
    'word.ts': word('one'),
  });
  const { program, get } = await dev(project);
  await using _ = program;
  const pid = Number(await wordOf(await get('/')));
  program.child.kill('SIGINT');
  assert.equal(await program.ended, 0);
  assert.throws(() => process.kill(pid, 0), /ESRCH/);
});

test('ends with the npx or npm that started it, which hand no signal on', async () => {
  using project = makeProject({
    'main.ts': main.replace('word, port', 'word: process.pid, port'),
    'word.ts': word('one'),
  });
  const command = [process.execPath, '--conditions=cortado-source', cortadoMain, 'dev', '--port', '0'];
  // As npm: a shell in between that waits for its command.
  await using shell = startProgram('sh', ['-c', `"$@" & wait`, 'sh', ...command], {
    cwd: project.folder,
    env: {
      npm_command: 'exec',
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      CORTADO_LOG: undefined,
      PORT: undefined,
      NODE_ENV: undefined,
    },
  });
  const [, address] = await shell.until(/App +(http:\S+)\n/);
  const pid = Number(await wordOf(await fetch(address!)));
  shell.child.kill('SIGKILL');
  await until('the process has ended', () => !isAlive(pid));
  await until('nobody listens any more', () => assert.rejects(fetch(address!)));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('--inspect opens the app to a debugger, again after a restart, and nobody is told of its breakpoints', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one') });
  const port = await freePort();
  const { program, get } = await dev(project, ['--inspect', `127.0.0.1:${port}`]);
  await using _ = program;
  const targets = async (): Promise<{ title: string }[]> =>
    (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { title: string }[];
  assert.match((await targets())[0]!.title, /app-process/);
  project.write('word.ts', word('two'));
  await until('the change is served', async () => assert.equal(await wordOf(await get('/')), 'two'));
  assert.match((await targets())[0]!.title, /app-process/);
});

test('an address that no debugger could come to is refused', async () => {
  using project = makeProject({ 'main.ts': main, 'word.ts': word('one') });
  await using program = project.cortado(['dev', '--inspect', 'http://x']);
  assert.equal(await program.ended, 1);
  assert.match(program.output(), /--inspect .*It must be a port, or a host and a port/s);
});
