import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { makeProject } from '../support/project.ts';
import { sendRequest } from '../support/send-request.ts';

const main = `import { App, eventStream, jsonLines, sleep } from 'cortado';
import { Queue } from 'cortado/queue';
export const app = new App();
const queue = new Queue();
const brew = queue.task('brew', () => sleep(60_000));
app.use(queue, { prefix: '/tasks', worker: false });
app.post('/brew', async () => (await brew.enqueue()).id);
app.get('/events', { response: eventStream() }, async function* () {
  for (let n = 0; ; n++) {
    yield { n };
    await sleep(60_000);
  }
});
app.get('/lines', { response: jsonLines() }, async function* (_, { stopping }) {
  yield 1;
  await new Promise((resolve) => stopping.addEventListener('abort', resolve));
});
`;

// The reload puts another process in the place of the one that streams; where there is one alone, the signal of a stop is all.
for (const [name, args, signal] of [
  ['one process', [], 'SIGTERM'],
  ['two workers', ['--workers', '2'], 'SIGTERM'],
  ['the reload of a worker', ['--workers', '1'], 'SIGHUP'],
] as const)
  test(`${name}: streams without an end do not hold ${signal} up, and the exit code is 0`, async () => {
    using project = makeProject({ 'main.ts': main });
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const program = project.cortado(['run', 'main.ts', '--host', '127.0.0.1', '--port', String(port), ...args]);
    await using _ = program;
    await program.until(args.length > 0 ? /workers serve/ : /Server listening/);
    const streams = await Promise.all(['/events', '/events', '/lines'].map((path) => fetch(`${address}${path}`)));
    if (args.length === 0) {
      const id = (await sendRequest(address, '/brew', { method: 'POST' })).json<string>();
      streams.push(await fetch(`${address}/tasks/${id}/events`));
    }
    const reading = Promise.all(streams.map((response) => response.text()));
    const began = performance.now();
    program.child.kill(signal);
    const texts = await reading;
    assert.ok(performance.now() - began < 8000, `${performance.now() - began} ms`);
    assert.equal(texts[0], 'data: {"n":0}\n\n');
    assert.equal(texts[2], '1\n');
    if (signal === 'SIGHUP') {
      await program.until(/"msg":"reloaded"/);
      program.child.kill('SIGTERM');
    } else if (args.length === 0) assert.match(texts[3]!, /"status":"queued"/);
    assert.equal(await program.ended, 0);
    assert.doesNotMatch(program.output(), /the stop cut/);
    assert.doesNotMatch(program.output(), /"level":50/);
  });
