import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Queue } from '../../../../src/queue/index.ts';
import { type PostgresServer, startPostgres } from '../../../support/postgres.ts';

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.stop());

/** Stands between a program and PostgreSQL, and can lose an answer with its connection. */
class LossyProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly url: string;
  /** The statement whose answer is lost, once. */
  loses: string | undefined;
  lost = 0;

  private constructor(listening: Server, url: string) {
    this.#server = listening;
    this.url = url;
  }

  static async start(url: string): Promise<LossyProxy> {
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const through = new URL(url);
    const port = Number(through.port);
    through.port = String((listening.address() as AddressInfo).port);
    const proxy = new LossyProxy(listening, through.href);
    listening.on('connection', (client) => proxy.#pass(client, connect(port, '127.0.0.1')));
    return proxy;
  }

  #pass(client: Socket, backend: Socket): void {
    let isLosing = false;
    for (const socket of [client, backend]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [client, backend].map((one) => one.destroy()));
    }
    client.on('data', (bytes: Buffer) => {
      if (this.loses !== undefined && bytes.includes(this.loses)) {
        this.loses = undefined;
        isLosing = true;
      }
      backend.write(bytes);
    });
    backend.on('data', (bytes: Buffer) => {
      if (!isLosing) client.write(bytes);
      // ReadyForQuery, out of a transaction: what it did is committed.
      else if (bytes.subarray(-6).equals(Buffer.from('Z\0\0\0\x05I'))) {
        this.lost++;
        client.destroy();
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

test('PostgreSQL: a claim whose answer is lost runs again, although its worker lives, and counts as no crash', async () => {
  await using proxy = await LossyProxy.start(await server.newDatabase());
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const queue = new Queue({ engine: proxy.url, log });
  const runs: number[] = [];
  const work = queue.task('work', { params: { n: z.int() } }, ({ n }) => void runs.push(n));
  const handles = await Promise.all([1, 2, 3].map((n) => work.enqueue({ n })));
  proxy.loses = "set state = 'running'";
  await queue.work({ lease: 1000 });
  const results = handles.map((handle) => handle.result({ timeout: 60_000 }));
  await Promise.all(results);
  assert.equal(proxy.lost, 1);
  assert.deepEqual(runs.sort(), [1, 2, 3]);
  const engine = await queue.open();
  for (const { id } of handles) {
    const record = await engine.get(id);
    assert.deepEqual([record?.state, record?.attempt, record?.crashes], ['succeeded', 1, 0]);
  }
  await queue.close();
});

test('PostgreSQL: a claim that its worker names is left to it, however long it runs', async () => {
  const queue = new Queue({ engine: await server.newDatabase() });
  let runs = 0;
  const slow = queue.task('slow', async () => {
    runs++;
    await pause(3500);
  });
  const handle = await slow.enqueue();
  await queue.work({ lease: 1000 });
  await handle.result({ timeout: 60_000 });
  assert.equal(runs, 1);
  await queue.close();
});
