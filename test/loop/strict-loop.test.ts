import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { pbkdf2Sync } from 'node:crypto';
import * as fs from 'node:fs';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { App, dependency, Router } from '../../src/index.ts';
import { strictLoop } from '../../src/loop/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { block, heardLogger } from './support.ts';

const cell = new Int32Array(new SharedArrayBuffer(4));
const forbidden: Readonly<Record<string, () => unknown>> = {
  'fs.readFileSync': () => readFileSync(import.meta.filename),
  'fs.existsSync': () => existsSync(import.meta.filename),
  'fs.statSync': () => fs.statSync(import.meta.filename),
  'crypto.pbkdf2Sync': () => pbkdf2Sync('a', 'b', 1, 8, 'sha1'),
  'zlib.gzipSync': () => gzipSync('a'),
  'child_process.execFileSync': () => execFileSync('true'),
  'Atomics.wait': () => Atomics.wait(cell, 0, 0, 1),
};

for (const [name, call] of Object.entries(forbidden)) {
  test(`refuses ${name} in a request, before and after an await, and allows it outside`, async () => {
    using _ = strictLoop({ longest: false });
    call();
    const log = heardLogger();
    const app = new App({ logger: log });
    app.get('/before', call);
    app.get('/after', async () => {
      await pause(1);
      return call();
    });
    const injected = dependency(call, { name: 'injected' });
    app.get('/dependency', { params: { injected } }, () => 1);
    await using client = await testClient(app);
    for (const path of ['/before', '/after', '/dependency']) assert.equal((await client.get(path)).status, 500);
    assert.equal(log.errors.length, 3);
    for (const line of log.errors) assert.match(line, /strict-loop\.test\.ts:\d+ would hold up the loop, in GET \//);
    assert.ok(log.errors[0]?.includes(`${name}() at test/loop/strict-loop.test.ts:`), log.errors[0] ?? 'nothing');
    assert.match(log.errors[2]!, /GET \/dependency, in dependency "injected"/);
  });
}

const twins: readonly [name: string, call: () => unknown, advice: string][] = [
  ['readFileSync', () => readFileSync(import.meta.filename), "Await its twin: readFile() of 'node:fs/promises'"],
  [
    'existsSync',
    () => existsSync('x'),
    "Await access() of 'node:fs/promises', which throws where there is no such file",
  ],
  ['globSync', () => fs.globSync('x'), "for await (const path of glob(…)) of 'node:fs/promises'"],
  [
    'readSync',
    () => fs.readSync(0, new Uint8Array(0)),
    "Open the file with open() of 'node:fs/promises', and await read() of what it gives",
  ],
  ['fsyncSync', () => fs.fsyncSync(0), "open() of 'node:fs/promises', and await sync() of what it gives"],
  [
    'pbkdf2Sync',
    () => pbkdf2Sync('a', 'b', 1, 8, 'sha1'),
    "promisify(pbkdf2) of 'node:crypto', which runs on a thread",
  ],
  ['gzipSync', () => gzipSync('a'), "promisify(gzip) of 'node:zlib', which runs on a thread"],
  ['execFileSync', () => execFileSync('true'), "Await its twin: promisify(execFile) of 'node:child_process'."],
  ['spawnSync', () => spawnSync('true'), "spawn() of 'node:child_process', and await its end: once(child, 'close')"],
];

for (const [name, call, advice] of twins)
  test(`says what to await instead of ${name}`, async () => {
    using _ = strictLoop({ longest: false });
    const log = heardLogger();
    const app = new App({ logger: log });
    app.get('/', call);
    await using client = await testClient(app);
    await client.get('/');
    assert.ok(log.errors[0]?.includes(advice), log.errors[0] ?? 'nothing');
  });

test('what is advised for open files is there', async () => {
  const handle = await fs.promises.open(import.meta.filename);
  for (const method of ['chown', 'chmod', 'datasync', 'sync', 'truncate', 'utimes', 'read', 'readv'])
    assert.equal(typeof (handle as unknown as Record<string, unknown>)[method], 'function', method);
  await handle.close();
});

test('allows what comes through an allowed module', async () => {
  using _ = strictLoop({ allow: ['test/loop/strict-loop.test.ts'], longest: false });
  const app = new App({ logger: false });
  app.get('/', () => readFileSync(import.meta.filename).length);
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 200);
});

test('lets Node load modules in a request', async () => {
  using _ = strictLoop({ longest: false });
  const app = new App({ logger: false });
  app.get('/', async () => Object.keys(await import('./blockers.ts')).length);
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 200);
});

test('fails a request that computes for too long, before and after an await, and names the place', async () => {
  using _ = strictLoop({ longest: 60 });
  await pause(300);
  const log = heardLogger();
  const app = new App({ logger: log, loop: false });
  app.get('/before', () => block(400));
  app.get('/after', async () => {
    await pause(5);
    block(400);
  });
  app.get('/innocent', async () => {
    for (let turn = 0; turn < 10; turn++) await pause(5);
    return 1;
  });
  await using client = await testClient(app);
  const send = async (path: string): Promise<number> => {
    const [guilty, innocent] = await Promise.all([client.get(path), client.get('/innocent')]);
    assert.equal(innocent.status, 200);
    return guilty.status;
  };
  for (const path of ['/before', '/after']) {
    // Where the machine is so busy that the watchdog cannot be sure, it accuses nobody.
    const wasSeen = (): boolean => /support\.ts/.test(log.errors.at(-1) ?? '') && log.errors.at(-1)!.includes(path);
    for (let attempt = 0; !wasSeen() && attempt < 5; attempt++) await send(path);
    assert.match(
      log.errors.at(-1)!,
      new RegExp(`support\\.ts:\\d+ held up the loop for more than 60 ms, in GET ${path}, in its handler`),
    );
  }
});

test('a handler that computes before its first await fails even unseen', async () => {
  using _ = strictLoop({ longest: 100 });
  const log = heardLogger();
  const app = new App({ logger: log, loop: false });
  app.get('/', () => block(110));
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 500);
  assert.match(log.errors[0]!, /held up the loop for more than 100 ms, in GET \/, in its handler/);
});

test('is an option of the app, and ends with it', async () => {
  const app = new App({ logger: false, loop: { strict: { longest: false } } });
  app.get('/', () => existsSync('x'));
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 500);
  await client.close();
  const log = heardLogger();
  const router = new Router();
  router.get('/', () => existsSync('x'));
  await using again = await testClient(new App({ logger: log }).include(router));
  assert.equal((await again.get('/')).status, 200, log.errors.join());
});

test('gives everything back when it ends', () => {
  const original = fs.readFileSync;
  const strict = strictLoop({ longest: false });
  assert.notEqual(fs.readFileSync, original);
  strict[Symbol.dispose]();
  assert.equal(fs.readFileSync, original);
});

test('refuses options that it does not know', () => {
  assert.throws(() => strictLoop({ allowed: [] } as object), coded('CORTADO_OPTION_UNKNOWN', '"allowed"'));
});
