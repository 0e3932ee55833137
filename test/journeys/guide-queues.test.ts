import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { type Program, startNode } from '../support/program.ts';
import { type RabbitServer, rabbitMissing, startRabbit } from '../support/rabbitmq-server.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

interface Task {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly result: unknown;
  readonly progress: { readonly done: number } | null;
}

const guide = 'examples/guide/main.ts';
const requests: readonly (readonly [path: string, status: number, name: string, result: string])[] = [
  ['/start-task?delay=1', 200, 'delayed', 'Task done after 1s'],
  ['/run-task', 200, 'long-running', 'Task completed'],
  ['/send-email?to=ann%40example.com&content=hi', 202, 'send-email', 'Email sent to ann@example.com'],
];

// The guide's application with nothing changed but the variable, and its tasks in a process of their own.
const skip = redisMissing() ?? rabbitMissing();

describe('the guide with QUEUE_URL', { concurrency: true, skip }, () => {
  let redis: RedisServer;
  let rabbit: RabbitServer;
  const folder = temporaryFolder('guide-queues');
  before(async () => {
    [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
  });
  after(async () => {
    await redis?.[Symbol.asyncDispose]();
    await rabbit?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const database = (number: number): string => redis.url.replace(/0$/, String(number));
  const urls: Readonly<Record<string, () => string>> = {
    'redis://…': () => database(0),
    'celery+redis://…': () => `celery+${database(1)}`,
    'celery+amqp://…': () => `celery+${rabbit.url}?backend=${encodeURIComponent(database(2))}`,
  };
  const start = async (command: string, name: string, ready: RegExp, ...args: string[]): Promise<Program> => {
    const env = {
      QUEUE_URL: urls[name]!(),
      DATABASE_URL: `sqlite:${join(folder, `${Object.keys(urls).indexOf(name)}.db`)}`,
      CORTADO_LOG: 'pretty',
    };
    const program = startNode(['src/cli/main.ts', command, guide, ...args], { env });
    await program.until(ready);
    return program;
  };

  for (const [name, command] of [
    ['redis://…', 'dev'],
    ['celery+redis://…', 'run'],
    ['celery+amqp://…', 'run'],
  ] as const) {
    test(`${name} keeps its tasks, which a worker process runs`, async () => {
      const port = String(await freePort());
      const app = start(command, name, /Docs\s+http|listening/, '--port', port, '--host', '127.0.0.1');
      await using server = await app;
      await using worker = await start('worker', name, /worker ready/);
      const ask = async (method: string, path: string): Promise<{ status: number; body: unknown }> => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
        return { status: response.status, body: await response.json() };
      };
      const done = (id: string): Promise<Task> =>
        until('the task is over', async () => {
          const { status, body } = await ask('GET', `/tasks/${id}`);
          assert.equal(status, 200, server.output() + worker.output());
          const task = body as Task;
          assert.doesNotMatch(task.status, /^(queued|scheduled|running|retrying)$/, worker.output());
          return task;
        });
      const answers = await Promise.all(requests.map(([path]) => ask('POST', path)));
      const ids = answers.map(({ body }) => (body as { task_id: string }).task_id);
      assert.deepEqual(
        answers.map(({ status }) => status),
        requests.map(([, status]) => status),
      );
      const tasks = await Promise.all(ids.map(done));
      assert.deepEqual(
        tasks.map((task) => [task.name, task.status, task.result]),
        requests.map(([, , task, result]) => [task, 'succeeded', result]),
      );
      assert.equal(tasks[1]!.progress?.done, 100);
      const listed = (await ask('GET', '/tasks')).body as { tasks: Task[] };
      assert.deepEqual(listed.tasks.map(({ id }) => id).sort(), [...ids].sort());
      assert.equal((await ask('GET', '/tasks/00000000-0000-4000-8000-000000000000')).status, 404);
      for (const program of [worker, server]) program.child.kill('SIGTERM');
      assert.deepEqual(await Promise.all([worker.ended, server.ended]), [0, 0]);
    });
  }
});
