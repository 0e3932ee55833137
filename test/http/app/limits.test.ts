import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import { App, type ErrorCode, health, type LimitOptions, sleep } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { threads } from '../../../src/threads/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { openSocket } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

interface RefusedLine {
  readonly msg: string;
  readonly cause?: string;
  readonly route?: string;
  readonly refused?: number;
}

/** An app on a port, which disposing of it closes, and its log. */
async function startApp(limits: LimitOptions | undefined, declare: (app: App) => void) {
  const { logger, lines } = memoryLog();
  const app = new App({ logger, ...(limits && { limits }) });
  app.use(health());
  declare(app);
  const address = await app.listen({ port: 0 });
  const refusals = () => (lines as readonly RefusedLine[]).filter(({ cause }) => cause !== undefined);
  return { app, address, refusals, [Symbol.asyncDispose]: () => app.close({ deadline: 0 }).then(() => {}) };
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

/** What holds the app up until it is released, one way for each cause. */
interface Scenario {
  readonly cause: string;
  readonly limits?: LimitOptions;
  /** Requests for /hold are held until `held` resolves, or for a while. */
  readonly declare: (app: App, held: Promise<void>) => void;
  /** Makes the app busy; resolves once it is. */
  readonly fill: (address: string, app: App) => Promise<unknown>;
  readonly log: RegExp;
}

class Cup extends model('cups', { id: primaryKey(), size: z.int() }) {}

const scenarios: readonly Scenario[] = [
  {
    cause: 'in-flight',
    limits: { inFlight: 2 },
    declare: (app, held) => {
      app.get('/hold', () => held);
      app.get('/busy', () => 1);
    },
    fill: async (address, app) => {
      for (let n = 0; n < 2; n++) void sendRequest(address, '/hold');
      await until('2 requests are open', () => assert.equal(app.openRequests, 2));
    },
    log: /^GET \/busy was refused: 2 requests are in flight, the limit$/,
  },
  {
    cause: 'loop-delay',
    limits: { loopDelay: 50 },
    declare: (app) => {
      app.get('/hold', () => block(500));
      app.get('/busy', () => 1);
    },
    fill: (address) => sendRequest(address, '/hold'),
    log: /^GET \/busy was refused: the loop is \d+ ms late, the limit is 50 ms$/,
  },
  {
    cause: 'threads',
    declare: (app) => {
      const pool = threads<typeof import('../../support/waits.ts')>(
        new URL('../../support/waits.ts', import.meta.url),
        {
          threads: 1,
          queue: 0,
        },
      );
      app.use(pool);
      app.get('/hold', () => pool.wait(600));
      app.get('/busy', () => pool.wait(0));
    },
    fill: async (address, app) => {
      void sendRequest(address, '/hold');
      await until('the app is not ready', () => assert.notDeepEqual(app.notReady(), []));
    },
    log: /^GET \/busy was refused: waits\.wait\(\): all 1 threads of "waits" are busy and 0 calls wait already\.$/,
  },
  {
    cause: 'database',
    declare: (app, held) => {
      const db = database({ url: 'sqlite::memory:', models: { Cup }, pool: { timeout: 50 } });
      app.use(db, { createSchema: true });
      app.get('/hold', { params: { session: db.session } }, async ({ session }) => {
        await session.insertInto('cups').values({ size: 1 }).execute();
        await held;
      });
      app.get('/busy', async () => void (await Cup.create({ size: 2 })));
    },
    fill: async (address, app) => {
      void sendRequest(address, '/hold');
      await until('the transaction has the turn to write', () =>
        assert.equal(app.gauges().find(({ name }) => name === 'cortado_db_in_use')?.value, 1),
      );
    },
    log: /^GET \/busy was refused: The database is busy: no turn to write within 50 ms\.$/,
  },
];

for (const { cause, limits, declare, fill, log } of scenarios) {
  test(`sheds by cause: ${cause} is a 503 with Retry-After, named in the log and by /readyz, not in the body`, async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    await using server = await startApp(limits, (made) => declare(made, held));
    const { address, app, refusals } = server;
    assert.equal((await sendRequest(address, '/readyz')).status, 200);
    await fill(address, app);
    const refused = await sendRequest(address, '/busy');
    assert.deepEqual(
      [refused.status, refused.headers['retry-after'], await refused.json()],
      [503, '1', { detail: 'The server is busy. Try again later.' }],
    );
    const [line] = refusals();
    assert.deepEqual([line?.cause, line?.route], [cause, 'GET /busy']);
    assert.match(line!.msg, log);
    const ready = await sendRequest(address, '/readyz');
    assert.equal(ready.status, 503);
    assert.equal((await ready.json<{ reasons: string[] }>()).reasons.length, 1);
    assert.equal((await sendRequest(address, '/livez')).status, 200);
    const counted = app.gauges().find(({ name }) => name === 'cortado_requests_refused_total');
    assert.deepEqual([counted?.labels, counted?.value], [{ cause }, 1]);

    letGo();
    // On a busy machine the loop may be late once more, through nobody's fault.
    for (const path of ['/busy', '/readyz'])
      await until(`${path} is answered again`, async () =>
        assert.equal((await sendRequest(address, path)).status, 200),
      );
  });
}

test('a request that is refused runs no guard and opens nothing, its body is not read, and its connection goes on', async () => {
  const ran: string[] = [];
  let release = (): void => {};
  await using server = await startApp({ inFlight: 1 }, (app) => {
    app.get('/hold', () => new Promise<void>((resolve) => (release = resolve)));
    app.post('/items', { params: { item: z.object({ name: z.string() }) } }, ({ item }) => {
      ran.push(item.name);
      return item;
    });
  });
  const { address, app } = server;
  const held = sendRequest(address, '/hold');
  await until('a request is open', () => assert.equal(app.openRequests, 1));
  const socket = await openSocket(address);
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  const body = JSON.stringify({ name: 'first' });
  const head = (length: number) =>
    `POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  // The refusal comes although not a byte of the body is there.
  socket.write(head(body.length));
  await until('it is refused', () => assert.match(heard, /The server is busy/));
  assert.match(heard, /^HTTP\/1\.1 503 /);
  assert.deepEqual(ran, []);
  release();
  await held;
  heard = '';
  const next = JSON.stringify({ name: 'second' });
  socket.write(`${body}${head(next.length)}${next}`);
  await until('it is answered', () => assert.match(heard, /second/));
  assert.match(heard, /^HTTP\/1\.1 200 /);
  assert.deepEqual(ran, ['second']);
  socket.destroy();
});

test('a long piece of work sheds what has come meanwhile, before the loop has had a beat', async () => {
  await using server = await startApp({ loopDelay: 100 }, (app) => {
    app.get('/block', () => block(900));
    app.get('/quick', () => 1);
  });
  const { address } = server;
  const answers = await Promise.all([
    sendRequest(address, '/block'),
    ...Array.from({ length: 5 }, () => pause(100).then(() => sendRequest(address, '/quick'))),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 503, 503, 503, 503, 503],
  );
});

test('what is short does not shed by another cause, and one short wait is no overload', async () => {
  await using server = await startApp({ loopDelay: 100, inFlight: 10 }, (app) => {
    app.get('/block', () => block(80));
    app.get('/quick', () => 1);
  });
  for (let n = 0; n < 3; n++) {
    assert.equal((await sendRequest(server.address, '/block')).status, 200);
    assert.equal((await sendRequest(server.address, '/quick')).status, 200);
    await pause(300);
  }
});

test('routes with limits: false are neither refused nor counted', async () => {
  await using server = await startApp({ inFlight: 1 }, (app) => {
    app.get('/hook', { limits: false }, () => sleep(300));
    app.get('/usual', () => sleep(300));
  });
  const { address, app } = server;
  const hooks = [sendRequest(address, '/hook'), sendRequest(address, '/hook')];
  await until('2 requests are open', () => assert.equal(app.openRequests, 2));
  const usual = sendRequest(address, '/usual');
  await until('3 requests are open', () => assert.equal(app.openRequests, 3));
  assert.equal((await sendRequest(address, '/usual')).status, 503);
  assert.deepEqual(
    (await Promise.all([...hooks, usual, sendRequest(address, '/hook')])).map(({ status }) => status),
    [200, 200, 200, 200],
  );
});

test('a flood of refusals is one line in a second, and the next line says how many there were', async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  await using server = await startApp({ inFlight: 1, retryAfter: 7 }, (app) => app.get('/hold', () => held));
  const { address, app, refusals } = server;
  void sendRequest(address, '/hold');
  await until('a request is open', () => assert.equal(app.openRequests, 1));
  for (let n = 0; n < 20; n++) assert.equal((await sendRequest(address, '/hold')).headers['retry-after'], '7');
  await pause(1050);
  await sendRequest(address, '/hold');
  assert.deepEqual(
    refusals().map(({ refused }) => refused),
    [1, 20],
  );
  letGo();
});

test('the refusal has the form of the app’s errors, and its own handlers have a say', async () => {
  const declare = (options: ConstructorParameters<typeof App>[0]) => {
    const app = new App({ logger: false, limits: { inFlight: 1 }, ...options });
    app.get('/', (_, { signal }) => sleep(200, { signal }));
    return app;
  };
  const problem = declare({ errors: 'problem' });
  const own = declare({});
  own.onError(503, () => Response.json({ sorry: true }, { status: 503 }));
  const found = [];
  for (const app of [problem, own]) {
    await using client = await testClient(app);
    const first = client.get('/');
    await pause(20);
    found.push(await (await client.get('/')).json());
    await first;
  }
  assert.deepEqual(found, [
    { type: 'about:blank', title: 'Service Unavailable', status: 503, detail: 'The server is busy. Try again later.' },
    { sorry: true },
  ]);
});

test('an app that starts again counts from the beginning', async () => {
  const app = new App({ logger: false, limits: { loopDelay: 50, inFlight: 1 } });
  app.get('/block', () => block(300));
  for (let n = 0; n < 2; n++) {
    const address = await app.listen({ port: 0 });
    assert.equal((await sendRequest(address, '/block')).status, 200);
    assert.notDeepEqual(app.notReady(), []);
    await app.close();
  }
});

const wrong: readonly (readonly [object, ErrorCode, ...string[]])[] = [
  [{ inflight: 1 }, 'CORTADO_OPTION_UNKNOWN', '"inflight"', 'inFlight, loopDelay, retryAfter'],
  [{ inFlight: 0 }, 'CORTADO_OPTION_INVALID', 'inFlight', '0'],
  [{ inFlight: 1.5 }, 'CORTADO_OPTION_INVALID', 'inFlight', '1.5'],
  [{ loopDelay: 0 }, 'CORTADO_OPTION_INVALID', 'loopDelay'],
  [{ loopDelay: Number.NaN }, 'CORTADO_OPTION_INVALID', 'loopDelay', 'NaN'],
  [{ retryAfter: -1 }, 'CORTADO_OPTION_INVALID', 'retryAfter', '-1'],
];

for (const [limits, code, ...names] of wrong)
  test(`refuses limits ${JSON.stringify(limits)} at the declaration`, () => {
    assert.throws(() => new App({ logger: false, limits }), coded(code, ...names));
  });

test('a route can only be told that limits do not hold for it', () => {
  assert.throws(
    () => new App({ logger: false }).get('/', { limits: true as never }, () => 1),
    coded('CORTADO_OPTION_INVALID', 'GET /', 'limits'),
  );
});
