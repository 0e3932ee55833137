// The same POST as in the benchmark of databases, with a part of what it takes: nothing, a message to a thread and back, one transaction in it.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { App } from '../../src/index.ts';

const part = process.env['PART'];
const path = part === 'transaction' ? process.env['DATABASE'] : undefined;
const thread =
  part === 'nothing' ? undefined : new Worker(join(import.meta.dirname, 'thread.ts'), { workerData: { path } });
const waiting: (() => void)[] = [];
thread?.on('message', () => waiting.shift()!());
const sql = 'insert into "users" ("name", "age") values (?, ?) returning "id", "name", "age"';

function ask(values: readonly unknown[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  thread!.postMessage({
    operations: [{ kind: 'commit' }, { kind: 'run', sql, values, transaction: 1 }],
    shared: false,
  });
  return promise;
}

// As one transaction follows the other, each message is sent when the answer to the one before is there.
let last: Promise<unknown> = Promise.resolve();
let id = 0;
const User = z.object({ name: z.string().max(100), age: z.int32() });

const app = new App({ logger: false });
app.get('/', () => 'up');
app.post(
  '/users',
  { params: { user: User }, response: z.object({ id: z.int(), ...User.shape }), status: 201 },
  async ({ user }) => {
    if (thread !== undefined) await (last = last.then(() => ask([user.name, user.age])));
    return { id: ++id, ...user };
  },
);
await app.listen({ port: Number(process.env['PORT']) });
