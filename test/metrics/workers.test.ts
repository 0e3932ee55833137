import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { parseMetrics, type Scrape } from '../support/parse-metrics.ts';
import { makeProject } from '../support/project.ts';
import { sendRequest } from '../support/send-request.ts';
import { until } from '../support/until.ts';

const main = `import { App } from 'cortado';
import { metrics } from 'cortado/metrics';
export const app = new App();
for (const own of [null, 0, 'mine']) process.send?.(own);
app.use(metrics());
app.get('/', () => process.pid);
app.get('/block', () => { for (const end = performance.now() + 2500; performance.now() < end; ); });
`;

const duration = 'http_request_duration_seconds_count';

test('with workers, one scrape has the figures of all, and no counter falls when they are replaced', async () => {
  using project = makeProject({ 'main.ts': main });
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  await using program = project.cortado([
    'run',
    'main.ts',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--workers',
    '2',
  ]);
  await program.until(/2 workers serve/);
  const scrape = async (): Promise<Scrape> => parseMetrics((await sendRequest(address, '/metrics')).text);
  const sent = async (count: number): Promise<Set<string>> => {
    const pids = new Set<string>();
    for (let n = 0; n < count; n++) pids.add((await sendRequest(address, '/')).text);
    return pids;
  };

  assert.equal((await sent(20)).size, 2);
  const first = await scrape();
  assert.equal(first.value(duration, { route: '/' }), 20);
  assert.ok(first.value('process_resident_memory_bytes')! > 60e6);

  program.child.kill('SIGHUP');
  await program.until(/"reloaded"/);
  await sent(10);
  const second = await scrape();
  assert.equal(second.value(duration, { route: '/' }), 30);
  assert.equal(second.value('http_requests_in_flight', { route: '/' }), 0);

  // What a worker that is killed counted after the last scrape is lost, what it had told before is not.
  const [pid] = await sent(1);
  process.kill(Number(pid), 'SIGKILL');
  await program.until(/another takes its place/);
  await until('both workers answer', async () => assert.equal((await sent(10)).size, 2));
  assert.ok((await scrape()).value(duration, { route: '/' })! >= 40);

  // A worker whose loop is held up counts with what it said last.
  const before = (await scrape()).value(duration, { route: '/' })!;
  const blocked = sendRequest(address, '/block');
  await pause(200);
  const began = performance.now();
  const late = await scrape();
  assert.ok(late.value(duration, { route: '/' })! >= before);
  assert.ok(performance.now() - began < 5000);
  await blocked;
});
