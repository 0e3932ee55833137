import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorCodes } from '../../../src/base/error-codes.ts';
import { App, CortadoError, type ErrorFormat, gather } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { readSources } from '../../project/sources.ts';
import { memoryLog } from '../../support/memory-log.ts';

const secret = 'redis://10.0.0.7:6379 worker.ts:12 resize()';

for (const errors of ['fastapi', 'problem'] as readonly ErrorFormat[])
  test(`no code and no status from 500 on tells the client what an error says (${errors})`, async () => {
    const { logger, lines } = memoryLog();
    const app = new App({ logger, errors });
    for (const code of Object.keys(errorCodes) as ErrorCode[])
      for (const status of [500, 501, 502, 503, 504, 507, 599]) {
        const fail = (): never => {
          throw new CortadoError(code, secret, { status });
        };
        app.get(`/${code}/${status}`, fail);
        app.get(`/gathered/${code}/${status}`, () => gather([fail, async () => 1]));
      }
    await using client = await testClient(app);
    for (const code of Object.keys(errorCodes) as ErrorCode[])
      for (const status of [500, 501, 502, 503, 504, 507, 599])
        for (const path of [`/${code}/${status}`, `/gathered/${code}/${status}`]) {
          const before = lines.length;
          const response = await client.get(path);
          assert.equal(response.status, status, path);
          assert.doesNotMatch(await response.text(), /redis|worker|resize/, path);
          const told = lines.slice(before).some(({ msg, err }) => `${msg} ${err?.message}`.includes(secret));
          const isElsewhere = status !== 500 && (code === 'CORTADO_ABORTED' || code === 'CORTADO_HTTP');
          // Of what is full or away, the log has a line a second.
          const isShared =
            /^CORTADO_(UPLOADS_FULL|THREADS_BUSY|DB_POOL|DB_BUSY|DB_UNREACHABLE|QUEUE_UNREACHABLE)$/.test(code);
          if (!isElsewhere && !(isShared && status !== 500)) assert.ok(told, `the log has ${path}`);
        }
  });

test('a detail of its own is told with a status from 500 on, and a message below', async () => {
  const app = new App({ logger: false });
  app.get('/own', () => {
    throw new CortadoError('CORTADO_TIMEOUT', secret, { status: 504, detail: 'Try the other door' });
  });
  app.get('/below', () => {
    throw new CortadoError('CORTADO_TASK_STATE', 'It has ended already', { status: 409 });
  });
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/own')).json(), { detail: 'Try the other door' });
  assert.deepEqual(await (await client.get('/below')).json(), { detail: 'It has ended already' });
});

// The error exit itself, an HttpError, and Problem Details take what others chose.
const exits = ['http/errors/error-answer.ts', 'http/request/http-error.ts'];

test('what the sources themselves tell clients of faults are constants', () => {
  const computed = readSources()
    .filter(({ path }) => !exits.includes(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\b(status: 4\d\d,\s+)?detail: (?!'|\{|string\b|unknown\b|readonly\b)\S+/g)]
        // What is wrong with a request may be said.
        .filter(([, below]) => below === undefined)
        .map(([what]) => `${path}: ${what}`),
    );
  assert.deepEqual(computed, []);
});
