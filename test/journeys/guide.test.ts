import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { type Program, startNode } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

// The guide's application as `npm start` serves it: by the command, on a real socket.
const folder = temporaryFolder('guide');
let guide: Program;
let base: string;

before(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  guide = startNode(['src/cli/main.ts', 'dev', 'examples/guide/main.ts', '--port', String(port)], {
    env: { DATABASE_URL: `sqlite:${join(folder, 'guide.db')}`, CORTADO_LOG: 'pretty' },
  });
  await guide.until(/Docs\s+http/);
});

after(async () => {
  await guide?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly ms: number;
}

async function ask(method: string, path: string): Promise<Answer> {
  const began = performance.now();
  const response = await fetch(base + path, { method });
  return { status: response.status, body: await response.json(), ms: performance.now() - began };
}

const answers: readonly (readonly [string, string, number, unknown])[] = [
  ['GET', '/', 200, { message: 'Hello, Async FastAPI!' }],
  ['GET', '/user', 200, { user: 'Alice', age: 30 }],
  ['GET', '/sync-data', 200, { data: 'from the upstream API' }],
  ['GET', '/async-data', 200, { data: 'from the upstream API' }],
  ['GET', '/users', 200, []],
  ['GET', '/users/1', 404, { detail: 'User not found' }],
  ['POST', '/users?name=Ann&age=30', 200, { id: 1, name: 'Ann', age: 30 }],
  ['GET', '/users/1', 200, { id: 1, name: 'Ann', age: 30 }],
  ['GET', '/users', 200, [{ id: 1, name: 'Ann', age: 30 }]],
  ['GET', '/good-sleep', 200, { success: 'This is good' }],
  ['GET', '/parallel-tasks', 200, { results: ['Task 1 done', 'Task 2 done'] }],
  ['GET', '/fib?n=20', 200, 6765],
  ['GET', '/tasks/unknown', 404, undefined],
];
for (const [method, path, status, body] of answers) {
  test(`${method} ${path} answers ${status}`, async () => {
    const answer = await ask(method, path);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    if (body !== undefined) assert.deepEqual(answer.body, body);
  });
}

test('bad input is explained as FastAPI does', async () => {
  const { status, body } = await ask('POST', '/users?name=Ann&age=old');
  assert.equal(status, 422);
  const msg = 'Input should be a valid integer, unable to parse string as an integer';
  assert.deepEqual(body, { detail: [{ type: 'int_parsing', loc: ['query', 'age'], msg, input: 'old' }] });
});

test('two sleeps side by side take as long as the longer one', async () => {
  const { ms } = await ask('GET', '/parallel-tasks');
  assert.ok(ms > 1900 && ms < 2900, `${ms} ms`);
});

interface Task {
  readonly status: string;
  readonly result: unknown;
}

function outcome(id: string): Promise<Task> {
  return until('the task is over', async () => {
    const task = (await ask('GET', `/tasks/${id}`)).body as Task;
    assert.doesNotMatch(task.status, /^(queued|scheduled|running|retrying)$/);
    return task;
  });
}

const tasks: readonly (readonly [string, number, string, string])[] = [
  ['/send-email?to=ann%40example.com&content=hi', 202, 'Email queued', 'Email sent to ann@example.com'],
  ['/run-task', 200, 'running', 'Task completed'],
  ['/start-task?delay=1', 200, 'started', 'Task done after 1s'],
  ['/start-task', 200, 'started', 'Task done after 2s'],
];
for (const [path, status, says, result] of tasks) {
  test(`POST ${path} hands out a number that leads to the result`, async () => {
    const answer = await ask('POST', path);
    const { task_id, status: said } = answer.body as { task_id: string; status: string };
    assert.deepEqual([answer.status, said], [status, says]);
    assert.ok(answer.ms < 1500, 'the answer does not wait for the work');
    assert.deepEqual(await outcome(task_id).then(({ status, result }) => [status, result]), ['succeeded', result]);
  });
}

test('a blocking sleep holds everybody up, and is named while it does', async () => {
  const bad = ask('GET', '/bad-sleep');
  await guide.until(/bad-sleep[\s\S]*main\.ts:\d+/, 4000);
  assert.deepEqual((await bad).body, { error: 'This is bad' });
});
