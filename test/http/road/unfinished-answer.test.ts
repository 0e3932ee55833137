import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import { App, content, HttpError, jsonLines } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
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
const wrong: readonly [path: string, handler: () => unknown, names: readonly string[], response?: z.ZodType][] = [
  ['/promise', () => ({ user: user() }), ['GET /promise', '"user"']],
  ['/promises', () => [1, 2].map(user), ['"[0]"']],
  ['/deep', () => ({ a: [{ b: new Map([['c', user()]]) }] }), ['"a[0].b.c"']],
  ['/loose', () => ({ user: user() }), ['"user"'], Loose],
  ['/strict', () => ({ user: user() }), ['"user"'], Strict],
  ['/any', () => ({ user: user() }), ['"user"'], z.any()],
  ['/query', () => ({ orders: Order.all() }), ['"orders"']],
  ['/kysely', () => 0, ['query', '.execute()']],
  ['/error', () => new Error('boom'), ['GET /error', 'Error: boom']],
  ['/http-error', () => new HttpError(404, 'no'), ['HttpError: no']],
  ['/http-error-loose', () => new HttpError(404, 'no'), [], z.object({}) as z.ZodType],
  ['/errors', () => ({ errors: [new Error('a')] }), ['Error: a', '"errors[0]"']],
  ['/bytes', () => Buffer.from('x'), ['bytes', 'content(']],
  ['/blob', () => ({ file: new Blob(['x']) }), ['bytes', '"file"']],
  ['/headers', () => ({ headers: new Headers({ a: 'b' }) }), ['"headers"']],
  ['/function', () => user, ['function user']],
  ['/unnamed-function', () => () => 1, ['function']],
  ['/class', () => Order, ['function Order']],
  ['/function-any', () => user, ['function user'], z.any()],
  ['/symbol', () => Symbol('x'), ['symbol', 'description']],
  ['/uncalled', () => ({ orders: [{ count: user }] }), ['function user', '"orders[0].count"']],
  ['/symbols', () => ({ a: { b: Symbol('x') } }), ['"a.b"']],
  ['/regexp', () => ({ pattern: /x/ }), ['RegExp', '"pattern"']],
  ['/weak', () => new WeakMap(), ['WeakMap']],
  ['/getters', () => [new Money(5)], ['Money', '"[0]"']],
  ['/keys', () => ({ m: new Map([[{}, 1]]) }), ['map', '"m"']],
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

for (const [path, , names] of wrong)
  test(`says what is wrong with the answer of ${path}`, async () => {
    const url = path === '/kysely' ? '/kysely-read' : path;
    const { status } = await client.get(url);
    assert.equal(status, 500);
    coded('CORTADO_RESPONSE_INVALID', ...names)(log.errors().find(({ route }) => route === `GET ${url}`)?.err);
  });

for (const [path, , text] of fine)
  test(`writes the answer of ${path} as JSON`, async () => {
    const answer = await client.get(path);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), text);
  });

test('walks no circle when it looks for what was forgotten', async () => {
  assert.equal(await (await client.get('/circular')).text(), '{"user":{}}');
});

test('says what is wrong with an item of a stream', async () => {
  await client.get('/lines').catch(() => {});
  coded('CORTADO_RESPONSE_INVALID', 'promise', '"user"')(log.errors().find(({ route }) => route === 'GET /lines')?.err);
});

test('sends bytes where the media type is declared', async () => {
  assert.equal(await (await client.get('/content')).text(), 'x');
});
