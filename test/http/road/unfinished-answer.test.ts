import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import { App, content, HttpError, jsonLines } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';

class Order extends model('orders', { id: primaryKey(), customer: z.string() }) {}
const db = database({ url: 'sqlite::memory:', models: { Order } });
const log = memoryLog();
const app = new App({ logger: log.logger });
app.use(db, { createSchema: true });

const user = async (): Promise<object> => ({ name: 'Ada' });
const Loose = z.object({ user: z.object({ name: z.string().optional() }) }) as z.ZodType;
const Strict = z.object({ user: z.object({ name: z.string() }) }) as z.ZodType;
class Money {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  get cents(): number {
    return this.#cents;
  }
}
class Priced extends Money {
  readonly name = 'cup';
}
class Sent extends Money {
  toJSON(): object {
    return { cents: this.cents };
  }
}
const wrong: readonly [path: string, handler: () => unknown, says: RegExp, response?: z.ZodType][] = [
  ['/promise', () => ({ user: user() }), /GET \/promise: the answer has a promise at "user": await it\./],
  ['/promises', () => [1, 2].map(user), /has a promise at "\[0\]": await it/],
  ['/deep', () => ({ a: [{ b: new Map([['c', user()]]) }] }), /has a promise at "a\[0\]\.b\.c"/],
  ['/loose', () => ({ user: user() }), /has a promise at "user": await it/, Loose],
  ['/strict', () => ({ user: user() }), /has a promise at "user": await it/, Strict],
  ['/any', () => ({ user: user() }), /has a promise at "user"/, z.any()],
  ['/query', () => ({ orders: Order.all() }), /has a query at "orders": await it/],
  ['/kysely', () => 0, /is a query that did not run: call \.execute\(\)/],
  ['/error', () => new Error('boom'), /GET \/error returned an error \(Error: boom\): throw it/],
  ['/http-error', () => new HttpError(404, 'no'), /returned an error \(HttpError: no\): throw it/],
  ['/http-error-loose', () => new HttpError(404, 'no'), /returned an error/, z.object({}) as z.ZodType],
  ['/errors', () => ({ errors: [new Error('a')] }), /has an error \(Error: a\) at "errors\[0\]"/],
  ['/bytes', () => Buffer.from('x'), /returned bytes: say what they are, response: content\(/],
  ['/blob', () => ({ file: new Blob(['x']) }), /has bytes at "file"/],
  [
    '/headers',
    () => ({ headers: new Headers({ a: 'b' }) }),
    /has a value of class Headers at "headers": make it an object/,
  ],
  ['/function', () => user, /the answer is the function user: call it/],
  ['/unnamed-function', () => () => 1, /the answer is a function: call it/],
  ['/class', () => Order, /the answer is the function Order: call it/],
  ['/function-any', () => user, /the answer is the function user: call it/, z.any()],
  ['/symbol', () => Symbol('x'), /the answer is a symbol: send its description/],
  ['/uncalled', () => ({ orders: [{ count: user }] }), /has the function user at "orders\[0\]\.count": call it/],
  ['/symbols', () => ({ a: { b: Symbol('x') } }), /has a symbol at "a\.b"/],
  ['/regexp', () => ({ pattern: /x/ }), /has a value of class RegExp, none of whose fields JSON sees, at "pattern"/],
  ['/weak', () => new WeakMap(), /is a value of class WeakMap, none of whose fields JSON sees: give/],
  ['/getters', () => [new Money(5)], /has a value of class Money, none of whose fields JSON sees, at "\[0\]": give/],
  ['/keys', () => ({ m: new Map([[{}, 1]]) }), /has a map whose keys are no texts at "m": make it an array of pairs/],
];
for (const [path, handler, , response] of wrong)
  if (response === undefined) app.get(path, {}, handler);
  else app.get(path, { response }, handler as never);

const fine: readonly [path: string, handler: () => unknown, text: string, response?: z.ZodType][] = [
  [
    '/map',
    () =>
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Map([['b', 5n]])],
      ]),
    '{"2":{"b":5},"a":1}',
  ],
  ['/set', () => ({ s: new Set([1, new Set(['x'])]) }), '{"s":[1,["x"]]}'],
  ['/iterator', () => ({ v: new Map([['a', 1]]).values() }), '{"v":[1]}'],
  ['/set-schema', () => new Set(['a']), '["a"]', z.any().pipe(z.set(z.string()))],
  ['/empty', () => ({ a: {}, b: [{}], c: new (class Empty {})() }), '{"a":{},"b":[{}],"c":{}}'],
  [
    '/beside',
    () => ({ a: {}, at: new Date(0), m: new Map([['d', new Date(0)]]) }),
    '{"a":{},"at":"1970-01-01T00:00:00.000Z","m":{"d":"1970-01-01T00:00:00.000Z"}}',
  ],
  // As JSON.stringify has it, and jsonable_encoder with vars(): what is no value is left out, what is no number is null.
  [
    '/left-out',
    () => ({ a: undefined, f: () => 1, n: [Number.NaN, undefined, () => 1], e: {} }),
    '{"n":[null,null,null],"e":{}}',
  ],
  ['/instance', () => ({ p: new Priced(5), s: new Sent(6), e: {} }), '{"p":{"name":"cup"},"s":{"cents":6},"e":{}}'],
  ['/boxed', () => [Object('x'), Object(1), Object(true), {}], '["x",1,true,{}]'],
  ['/bigint', () => [2n ** 64n, {}], '[18446744073709551616,{}]'],
  ['/undefined', () => undefined, 'null'],
  ['/null', () => null, 'null'],
  ['/braces', () => ({ text: '{}' }), '{"text":"{}"}'],
];
for (const [path, handler, , response] of fine)
  app.get(
    path,
    response === undefined ? {} : { response: z.unknown() },
    (response === undefined ? handler : () => response.parse(handler())) as never,
  );
app.get('/circular', { response: Loose }, () => {
  const self: Record<string, unknown> = { user: {} };
  self['self'] = self;
  return self;
});
app.get('/lines', { response: jsonLines() }, function* () {
  yield { user: user() };
});
app.get('/kysely-read', { params: { read: db.read } }, ({ read }) => read.selectFrom('orders').selectAll());
app.get('/content', { response: content('image/png') }, () => Buffer.from('x'));

let client: Awaited<ReturnType<typeof testClient>>;
before(async () => {
  client = await testClient(app);
});
after(() => client.close());

for (const [path, , says] of wrong)
  test(`says what is wrong with the answer of ${path}`, async () => {
    const url = path === '/kysely' ? '/kysely-read' : path;
    const { status } = await client.get(url);
    assert.equal(status, 500);
    assert.match(log.errors().find(({ route }) => route === `GET ${url}`)?.err?.message ?? '', says);
  });

for (const [path, , text] of fine)
  test(`writes the answer of ${path} as JSON`, async () => {
    const answer = await client.get(path);
    assert.equal(answer.status, 200);
    assert.equal(answer.text, text);
  });

test('walks no circle when it looks for what was forgotten', async () => {
  assert.equal((await client.get('/circular')).text, '{"user":{}}');
});

test('says what is wrong with an item of a stream', async () => {
  await client.get('/lines').catch(() => {});
  assert.match(log.errors().find(({ route }) => route === 'GET /lines')?.err?.message ?? '', /has a promise at "user"/);
});

test('sends bytes where the media type is declared', async () => {
  assert.equal((await client.get('/content')).text, 'x');
});
