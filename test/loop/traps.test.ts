import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Program, startNode } from '../support/program.ts';

const cortado = new URL('../../src/index.ts', import.meta.url).href;

/** An app with a watchdog, whose /busy holds up the loop; it warns in its log as well. */
async function start(more = '', nodeOptions: readonly string[] = []): Promise<{ program: Program; address: string }> {
  const source = `
    import { App } from ${JSON.stringify(cortado)};
    const app = new App({ loop: { watchdog: true } });
    app.get('/busy', () => { const end = Date.now() + 400; while (Date.now() < end); return 'done'; });
    app.get('/ping', () => 'pong');
    ${more}
    console.log('listening ' + await app.listen({ port: 0 }));`;
  const program = startNode([...nodeOptions, '--input-type=module', '-e', source], { env: { CORTADO_LOG: 'json' } });
  const [, address] = await program.until(/listening (http\S+)/);
  await pause(300);
  return { program, address: address! };
}

const text = async (url: string): Promise<unknown> => (await fetch(url)).json();

test('prints while the loop is still held up', async () => {
  const { program, address } = await start();
  await using _ = program;
  const answer = text(`${address}/busy`);
  await program.until(/GET \/busy, in its handler/);
  assert.doesNotMatch(program.output(), /"msg":"GET \/busy held up/);
  assert.equal(await answer, 'done');
  await program.until(/"msg":"GET \/busy held up the loop for \d{3} ms in its handler/);
});

test('says nothing of a process that was stopped for a while', { skip: process.platform === 'win32' }, async () => {
  const { program, address } = await start();
  await using _ = program;
  for (let turn = 0; turn < 3; turn++) {
    program.child.kill('SIGSTOP');
    await pause(700);
    program.child.kill('SIGCONT');
    assert.equal(await text(`${address}/ping`), 'pong');
  }
  await pause(300);
  assert.doesNotMatch(program.output(), /held up/);
  assert.equal(await text(`${address}/busy`), 'done');
  await program.until(/GET \/busy, in its handler/);
});

test('rests while a debugger is open from the start', async () => {
  const { program, address } = await start('', ['--inspect=127.0.0.1:0']);
  await using _ = program;
  assert.equal(await text(`${address}/busy`), 'done');
  await pause(200);
  assert.doesNotMatch(program.output(), /held up/);
});

test('rests from when a debugger is opened, and goes on when it is closed', async () => {
  const { program, address } = await start(`
    const inspector = await import('node:inspector');
    app.get('/open', () => { inspector.open(0, '127.0.0.1'); return true; });
    app.get('/close', () => { inspector.close(); return true; });`);
  await using _ = program;
  await text(`${address}/open`);
  await pause(100);
  await text(`${address}/busy`);
  await pause(200);
  assert.doesNotMatch(program.output(), /held up/);
  await text(`${address}/close`);
  await pause(100);
  await text(`${address}/busy`);
  await program.until(/GET \/busy, in its handler/);
});

test('an error in what the watchdog runs leaves the app running', async () => {
  const { program, address } = await start(`
    app.get('/spoil', () => {
      globalThis[Symbol.for('cortado.loop.sample')] = () => { throw new Error('spoilt'); };
      return true;
    });`);
  await using _ = program;
  await text(`${address}/spoil`);
  for (let turn = 0; turn < 3; turn++) assert.equal(await text(`${address}/busy`), 'done');
  assert.equal(await text(`${address}/ping`), 'pong');
});

test('an error in the watchdog itself leaves the app running, and is told', async () => {
  const { program, address } = await start(`
    app.get('/spoil', () => {
      globalThis[Symbol.for('cortado.loop.sample')] = () => '{';
      return true;
    });`);
  await using _ = program;
  await text(`${address}/spoil`);
  assert.equal(await text(`${address}/busy`), 'done');
  await program.until(/the watchdog cannot look at the loop/);
  for (let turn = 0; turn < 3; turn++) assert.equal(await text(`${address}/busy`), 'done');
});

test('opens no debugging port', async () => {
  const { program } = await start();
  await using _ = program;
  assert.doesNotMatch(program.output(), /Debugger listening/);
});

test('does not keep the process alive', async () => {
  const source = `
    import { startWatchdog } from ${JSON.stringify(new URL('../../src/loop/index.ts', import.meta.url).href)};
    startWatchdog();`;
  await using program = startNode(['--input-type=module', '-e', source]);
  assert.equal(await program.ended, 0);
});

test('names code that blocks outside of every request', async () => {
  const { program } = await start(`
    setTimeout(function tidyUp() { const end = Date.now() + 400; while (Date.now() < end); }, 600);`);
  await using _ = program;
  await program.until(/outside of every request and task/);
  assert.doesNotMatch(program.output(), /GET /);
});
