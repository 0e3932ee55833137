import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';
import { type Program, startProgram } from '../support/program.ts';
import { makeProject, type Project } from '../support/project.ts';
import { sendRequest } from '../support/send-request.ts';
import { until } from '../support/until.ts';

const main = `import { writeFileSync } from 'node:fs';
import { App, component } from 'cortado';
export const app = new App();
app.use({ [component]: () => ({ name: 'pool', stop: () => writeFileSync('closed-' + process.pid, '') }) });
app.get('/', () => ({ pid: process.pid, parent: process.ppid }));
app.get('/slow', async () => { console.log('slow begins'); await new Promise((resolve) => setTimeout(resolve, 600)); return 'done'; });
`;
const command = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const pids = new Set<number>();
// Where a test fails: a process without a terminal hears of nothing else.
after(() => {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

// A real terminal; it is closed where the program that holds its other end is killed.
function startInTerminal(project: Project, args: readonly string[]): Program {
  const line = [process.execPath, '--conditions=cortado-source', command, ...args].join(' ');
  const env = { CORTADO_LOG: undefined, SHELL: '/bin/sh' };
  return startProgram('script', ['-qefc', `exec ${line}`, '/dev/null'], { cwd: project.folder, env, stdin: 'pipe' });
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const ends = (what: string, pid: number): Promise<boolean> => until(`${what} has ended`, () => !isAlive(pid));

const skip = process.platform !== 'linux' && 'needs the `script` of Linux';

for (const [name, args] of [
  ['run --workers 2', ['run', 'main.ts', '--workers', '2']],
  ['run', ['run', 'main.ts']],
  ['dev', ['dev', 'main.ts']],
] as const)
  test(`cortado ${name} stops in order when its terminal is closed`, { skip }, async () => {
    using project = makeProject({ 'main.ts': main });
    const port = await freePort();
    await using terminal = startInTerminal(project, [...args, '--host', '127.0.0.1', '--port', String(port)]);
    await terminal.until(/workers serve|Server listening|Restarts on change/);
    const address = `http://127.0.0.1:${port}`;
    const { pid, parent } = (await sendRequest(address, '/')).json<{ pid: number; parent: number }>();
    const first = name === 'run' ? pid : parent;
    for (const one of [pid, first]) pids.add(one);
    const slow = sendRequest(address, '/slow');
    await terminal.until(/slow begins/);
    terminal.child.kill('SIGKILL');
    assert.equal((await slow).text, '"done"');
    await ends('the process', first);
    await ends('its worker', pid);
    assert.ok(existsSync(join(project.folder, `closed-${pid}`)), 'the app was not closed');
  });

test('cortado worker hands its task back when its terminal is closed', { skip }, async () => {
  const app = `import { writeFileSync } from 'node:fs';
import { App, component, sleep } from 'cortado';
import { database } from 'cortado/db';
import { Queue } from 'cortado/queue';
const db = database({ url: 'sqlite:tasks.db' });
const queue = new Queue({ engine: db });
const long = queue.task('long', {}, async () => {
  console.log('begun ' + process.pid + ' end');
  await sleep(60_000);
});
export const app = new App();
app.use(db);
app.use(queue);
app.use({ [component]: () => ({ name: 'starter', ready: () => void long.enqueue({}) }) });
`;
  using project = makeProject({ 'main.ts': app });
  await using terminal = startInTerminal(project, ['worker', 'main.ts', '--deadline', '300']);
  const pid = Number((await terminal.until(/begun (\d+) end/))[1]);
  pids.add(pid);
  terminal.child.kill('SIGKILL');
  await ends('the worker', pid);
  await using list = project.cortado(['tasks', 'list', 'main.ts']);
  await list.ended;
  assert.match(list.output(), / long +default +queued /);
});

test('a failed write of a log line neither blocks nor ends an app', { skip }, async () => {
  const app = `import { App } from 'cortado';
process.on('SIGHUP', () => {});
const app = new App();
app.get('/', ({}, { log }) => { log.info('here'); return { pid: process.pid, parent: process.ppid }; });
await app.listen({ port: Number(process.env.PORT) });
console.log('listening');
`;
  using project = makeProject({ 'main.ts': app });
  const port = await freePort();
  writeFileSync(
    join(project.folder, 'run.sh'),
    `CORTADO_LOG=json PORT=${port} exec ${process.execPath} --conditions=cortado-source main.ts`,
  );
  await using terminal = startProgram('script', ['-qefc', 'sh run.sh', '/dev/null'], {
    cwd: project.folder,
    stdin: 'pipe',
  });
  await terminal.until(/listening/);
  const address = `http://127.0.0.1:${port}`;
  const { pid } = (await sendRequest(address, '/')).json<{ pid: number }>();
  pids.add(pid);
  terminal.child.kill('SIGKILL');
  await terminal.ended;
  for (let count = 0; count < 5; count++) assert.equal((await sendRequest(address, '/')).status, 200);
  process.kill(pid, 'SIGTERM');
  await ends('the process', pid);
});
