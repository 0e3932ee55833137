import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { freePort } from '../support/free-port.ts';
import type { Program } from '../support/program.ts';
import { makeProject, type Project } from '../support/project.ts';
import { sendRequest } from '../support/send-request.ts';
import { until } from '../support/until.ts';

const main = `import { App, component, sleep } from 'cortado';
export const app = new App();
app.use({ [component]: () => ({ name: 'pool', stop: () => console.log('pool closed') }) });
app.get('/', () => ({ pid: process.pid, port: process.env.PORT }));
app.get('/slow', async () => { console.log('slow begins'); await new Promise((resolve) => setTimeout(resolve, 600)); return 'done'; });
app.get('/endless', () => { console.log('endless begins'); return sleep(60_000); });
`;

type Variables = Readonly<Record<string, string>>;

interface Running {
  readonly program: Program;
  readonly address: string;
}

function run(project: Project, ...args: readonly string[]): Promise<Running> {
  return runWith(project, {}, ...args);
}

async function runWith(project: Project, variables: Variables, ...args: readonly string[]): Promise<Running> {
  const port = await freePort();
  const command = ['run', 'main.ts', '--host', '127.0.0.1', '--port', String(port), ...args];
  const program = project.cortado(command, variables);
  await program.until(args.includes('--workers') ? /workers serve/ : /Server listening/);
  return { program, address: `http://127.0.0.1:${port}` };
}

function orFail<T>(answer: Promise<T>): Promise<T> {
  const late = pause(60_000, undefined, { ref: false }).then(() => Promise.reject(new Error('never answered')));
  return Promise.race([answer, late]);
}

/** A client of the socket `/s`, what it has heard, and how it was closed. */
function talkTo(address: string) {
  const ws = new WebSocket(`${address.replace('http', 'ws')}/s`);
  const seen: string[] = [];
  ws.on('message', (data) => seen.push(String(data)));
  const closed = new Promise<string>((resolve) => ws.on('close', (code, reason) => resolve(`${code} ${reason}`)));
  return { ws, seen, closed };
}

async function pidOf(address: string): Promise<number> {
  return (await sendRequest(address, '/')).json<{ pid: number }>().pid;
}

test('logs one JSON line per request', async () => {
  using project = makeProject({ 'main.ts': main });
  const { program, address } = await run(project);
  await using _ = program;
  const { port } = (await sendRequest(address, '/?token=secret')).json<{ port: string }>();
  assert.equal(port, new URL(address).port);
  const [line] = await program.until(/\{.*"msg":"GET \/ 200.*\}/);
  const { method, path, status } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual({ method, path, status }, { method: 'GET', path: '/', status: 200 });
  assert.doesNotMatch(program.output(), /secret/);
});

for (const [how, args, env] of [
  ['options', ['--root-path', '/api', '--forwarded-allow-ips', '127.0.0.1,10.0.0.0/8'], {}],
  ['options, of workers', ['--workers', '1', '--root-path', '/api', '--forwarded-allow-ips', '*'], {}],
  ['variables', [], { CORTADO_ROOT_PATH: '/api', FORWARDED_ALLOW_IPS: '127.0.0.1' }],
] as const)
  test(`is told of the proxy before it by ${how}`, async () => {
    const showing = `import { App } from 'cortado';
export const app = new App();
app.get('/', (_, { ip, rootPath }) => ({ ip, rootPath }));
`;
    using project = makeProject({ 'main.ts': showing });
    const { program, address } = await runWith(project, env, ...args);
    await using _ = program;
    const headers = { 'x-forwarded-for': '9.9.9.9' };
    assert.deepEqual((await sendRequest(address, '/', { headers })).json(), { ip: '9.9.9.9', rootPath: '/api' });
  });

test('a root path that is none ends it with one line', async () => {
  using project = makeProject({ 'main.ts': main });
  await using program = project.cortado(['run', 'main.ts', '--port', '0', '--root-path', '//evil.example']);
  assert.equal(await program.ended, 1);
  assert.match(program.output(), /root path must be a path/);
});

for (const workers of [[], ['--workers', '2']]) {
  const name = workers.length === 0 ? 'one process' : 'two workers';
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    test(`${name}: ${signal} lets requests finish, closes what is open and ends with code 0`, async () => {
      using project = makeProject({ 'main.ts': main });
      const { program, address } = await run(project, ...workers);
      await using _ = program;
      const slow = sendRequest(address, '/slow');
      await program.until(/slow begins/);
      program.child.kill(signal);
      assert.equal((await slow).text, '"done"');
      assert.equal(await program.ended, 0);
      assert.match(program.output(), /stopped in order/);
      assert.match(program.output(), /pool closed/);
    });

  test(`${name}: a request past the deadline is cut and reported`, async () => {
    using project = makeProject({ 'main.ts': main });
    const { program, address } = await run(project, '--deadline', '200', ...workers);
    await using _ = program;
    const endless = sendRequest(address, '/endless');
    await program.until(/endless begins/);
    program.child.kill('SIGTERM');
    assert.equal((await endless).status, 503);
    assert.equal(await program.ended, 1);
    assert.match(program.output(), /"cut":\[\{"what":"requests","name":"GET \/endless","count":1\}\]/);
    assert.match(program.output(), /GET \/endless was cut by the stop/);
  });

  test(`${name}: a second signal ends at once`, async () => {
    using project = makeProject({ 'main.ts': main });
    const { program, address } = await run(project, ...workers);
    await using _ = program;
    const pid = await pidOf(address);
    const endless = sendRequest(address, '/endless').catch((error: Error) => error);
    await program.until(/endless begins/);
    program.child.kill('SIGINT');
    await pause(200);
    program.child.kill('SIGINT');
    // A stop in order would wait for the request, and end with 0 or 1.
    assert.equal(await program.ended, 130);
    assert.ok((await endless) instanceof Error);
    await until('its worker has ended', () => assert.throws(() => process.kill(pid, 0), /ESRCH/));
  });
}

test('two workers: SIGTERM lets messages of sockets finish, says 1001, and ends with code 0', async () => {
  const talking = `import { App } from 'cortado';
export const app = new App();
app.socket('/s', async (_, socket) => {
  await socket.send(String(process.pid));
  for await (const message of socket) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await socket.send(message);
  }
});
`;
  using project = makeProject({ 'main.ts': talking });
  const { program, address } = await run(project, '--workers', '2');
  await using _ = program;
  const clients = Array.from({ length: 8 }, () => talkTo(address));
  await until('all are open', () => assert.ok(clients.every(({ seen }) => seen.length === 1)));
  const pids = new Set(clients.map(({ seen }) => seen[0]));
  for (const { ws } of clients) ws.send('hi');
  await pause(100);
  program.child.kill('SIGTERM');
  for (const { closed, seen } of clients) {
    assert.equal(await closed, '1001 The app stops');
    assert.equal(seen[1], 'hi');
  }
  assert.equal(await program.ended, 0, program.output());
  assert.ok(pids.size >= 1);
});

test('a reload says 1001 to the sockets of the workers of before, and new ones are served', async () => {
  const talking = `import { App } from 'cortado';
export const app = new App();
app.socket('/s', async (_, socket) => {
  await socket.send(String(process.pid));
  for await (const message of socket) await socket.send(message);
});
`;
  using project = makeProject({ 'main.ts': talking });
  const { program, address } = await run(project, '--workers', '1');
  await using _ = program;
  const first = talkTo(address);
  await until('it is open', () => assert.equal(first.seen.length, 1));
  program.child.kill('SIGHUP');
  assert.equal(await first.closed, '1001 The app stops');
  const second = talkTo(address);
  await until('another is open', () => assert.equal(second.seen.length, 1));
  assert.notEqual(second.seen[0], first.seen[0]);
  await program.until(/"reloaded/);
  second.ws.send('hi');
  await until('it is answered', () => assert.equal(second.seen[1], 'hi'));
  second.ws.close();
});

test('the ids of requests are distinct among workers', async () => {
  using project = makeProject({
    'main.ts': `import { App } from 'cortado';
export const app = new App();
app.get('/', ({}, { request }) => ({ id: request.id }));`,
  });
  const { program, address } = await run(project, '--workers', '2');
  await using _ = program;
  const ids = new Set<string>();
  for (let count = 0; count < 8; count++) ids.add((await sendRequest(address, '/')).json<{ id: string }>().id);
  assert.equal(ids.size, 8, [...ids].join(' '));
});

test('a worker that dies is replaced', async () => {
  using project = makeProject({ 'main.ts': main });
  const { program, address } = await run(project, '--workers', '2');
  await using _ = program;
  const dead = await pidOf(address);
  process.kill(dead, 'SIGKILL');
  await program.until(/a worker died; another takes its place/);
  await program.until(/(Server listening[\s\S]*){3}/);
  const pids = new Set<number>();
  for (let count = 0; count < 6; count++) pids.add(await pidOf(address));
  assert.equal(pids.size, 2);
  assert.ok(!pids.has(dead));
});

test('a worker that keeps dying at once is replaced with pauses that grow', async () => {
  using project = makeProject({
    'main.ts': `${main}\napp.server.server.once('listening', () => setTimeout(() => process.exit(9), 50));`,
  });
  const { program } = await run(project, '--workers', '1');
  await using _ = program;
  await program.until(/("how":9,"pause":\d+[\s\S]*){4}/);
  const pauses = [...program.output().matchAll(/"how":9,"pause":(\d+)/g)].map((match) => Number(match[1]));
  assert.deepEqual(pauses.slice(0, 4), [0, 100, 200, 400]);
});

test('workers that served for a while are replaced at once, however many die', async () => {
  using project = makeProject({ 'main.ts': main });
  const { program, address } = await run(project, '--workers', '1');
  await using _ = program;
  for (let count = 1; count <= 3; count++) {
    // A moment longer than the time after which a worker counts as settled.
    await pause(2200);
    process.kill(await pidOf(address), 'SIGKILL');
    await program.until(new RegExp(`(?:Server listening[\\s\\S]*){${count + 1}}`));
  }
  const pauses = [...program.output().matchAll(/"how":"SIGKILL","pause":(\d+)/g)].map((match) => Number(match[1]));
  assert.deepEqual(pauses, [0, 0, 0]);
});

test('SIGHUP replaces every worker, and every request is answered meanwhile', async () => {
  using project = makeProject({ 'main.ts': main });
  const { program, address } = await run(project, '--workers', '2');
  await using _ = program;
  const old = new Set<number>();
  for (let count = 0; count < 4; count++) old.add(await pidOf(address));
  const times = 4;
  let isReloaded = false;
  const end = performance.now() + 60_000;
  const statuses: number[] = [];
  const ask = async (): Promise<void> => {
    // Each on a connection of its own: one that the primary gave to a worker as it left must not stay without an answer.
    while (!isReloaded && performance.now() < end) statuses.push((await orFail(sendRequest(address, '/'))).status);
  };
  const slow = sendRequest(address, '/slow');
  const clients = Array.from({ length: 8 }, ask);
  await pause(100);
  for (let time = 1; time <= times; time++) {
    program.child.kill('SIGHUP');
    await program.until(new RegExp(`(?:"reloaded"[\\s\\S]*){${time}}`));
  }
  isReloaded = true;
  await Promise.all(clients);
  assert.equal((await slow).text, '"done"');
  assert.ok(statuses.length > 50, `${statuses.length} requests`);
  assert.ok(statuses.every((status) => status === 200));
  assert.ok(!old.has(await pidOf(address)));
});

test('a reload resets no connection that a client has kept', async () => {
  using project = makeProject({ 'main.ts': main });
  const { program, address } = await run(project, '--workers', '2');
  await using _ = program;
  let isReloaded = false;
  let count = 0;
  const end = performance.now() + 60_000;
  const failures: string[] = [];
  const client = async (at: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isReloaded && performance.now() < end) {
      const { promise, resolve } = Promise.withResolvers<void>();
      get(`${address}/`, { agent }, (response) => response.resume().once('end', resolve)).once('error', (error) => {
        failures.push((error as NodeJS.ErrnoException).code ?? error.message);
        resolve();
      });
      await promise;
      count++;
      // Busy ones, and ones that are idle for a while.
      if (at % 2 === 0) await pause(at * 40);
    }
    agent.destroy();
  };
  const clients = Array.from({ length: 12 }, (_, at) => client(at));
  for (let time = 1; time <= 4; time++) {
    program.child.kill('SIGHUP');
    await program.until(new RegExp(`(?:"reloaded"[\\s\\S]*){${time}}`));
  }
  isReloaded = true;
  await Promise.all(clients);
  assert.ok(count > 100, `${count} requests`);
  assert.deepEqual(failures, []);
});

test('a reload of a file that is broken leaves the workers of before', async () => {
  using project = makeProject({ 'main.ts': main });
  const { program, address } = await run(project, '--workers', '2');
  await using _ = program;
  const before = await pidOf(address);
  project.write('main.ts', 'export const app = ;');
  program.child.kill('SIGHUP');
  await program.until(/the reload failed: the workers of before go on/);
  const pids = new Set<number>();
  for (let count = 0; count < 4; count++) pids.add(await pidOf(address));
  assert.ok(pids.has(before));
});
