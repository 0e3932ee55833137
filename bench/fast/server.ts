// One process that sends requests to the server's parser through streams, without some fast paths, and prints what a request takes in the
// fastest batch, in microseconds.
import './without.ts';
import { Duplex } from 'node:stream';
import { z } from 'zod';
import { App } from '../../src/index.ts';
import { createItem, findItem, timed } from '../http/application.ts';
import { FoundItem, ItemId, NewItem } from '../http/schemas.ts';

const app = new App({ logger: false, docs: false, loop: false });
const params = { item_id: ItemId, q: z.string().max(50).optional(), limit: z.int().min(1).max(100).default(10) };
app.get('/items/{item_id}', { params, response: FoundItem }, ({ item_id, q, limit }) => findItem(item_id, q, limit));
app.post('/items', { params: { item: NewItem } }, ({ item }) => createItem(item));
await app.ready();

const { method, path } = timed[process.argv[2] as 'get' | 'post'];
const head = `${method} ${path} HTTP/1.1\r\nhost: x\r\n`;
const { body } = timed.post;
const typed = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const request = Buffer.from(head + (method === 'GET' ? '\r\n' : typed));

let onAnswer = (_client: Client): void => {};

/** A connection in memory. */
class Client extends Duplex {
  override _read(): void {}
  override _write(answer: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!answer.toString('latin1', 0, 12).startsWith('HTTP/1.1 200')) throw new Error(answer.toString());
    done();
    onAnswer(this);
  }
  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.from(chunks[0]!.chunk), 'utf8', done);
  }
}

const clients = Array.from({ length: 32 }, () => new Client());
for (const client of clients) app.server.server.emit('connection', client);

async function batch(count: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  onAnswer = (client) => {
    if (--left >= clients.length) setImmediate(() => client.push(request));
    else if (left === 0) resolve();
  };
  const began = process.cpuUsage();
  for (const client of clients) client.push(request);
  await promise;
  const { user, system } = process.cpuUsage(began);
  return (user + system) / count;
}

await batch(20_000);
let best = Number.POSITIVE_INFINITY;
for (let at = 0; at < 40; at++) best = Math.min(best, await batch(1000));
console.log(best);
process.exit();
