import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type AppOptions, dependency, health } from '../../../src/index.ts';
import { metrics } from '../../../src/metrics/index.ts';
import { Queue, type QueueComponentOptions } from '../../../src/queue/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { makeProject } from '../../support/project.ts';

const staff = dependency(() => {});
const prefix = '/tasks';

const sayings: readonly [string, AppOptions, QueueComponentOptions, number][] = [
  ['routes without a guard', {}, { prefix }, 1],
  ['an empty list of guards', {}, { prefix, guards: [] }, 1],
  ['a guard of their own', {}, { prefix, guards: [staff] }, 0],
  ['a guard of the app', { guards: [staff] }, { prefix }, 0],
  ['a word that they are meant to be open', {}, { prefix, open: true }, 0],
  ['a word that they are not meant to be open', {}, { prefix, open: false }, 1],
  ['no routes', {}, {}, 0],
];

for (const [what, options, use, lines] of sayings)
  test(`${what}: the start ${lines === 0 ? 'says nothing' : 'names them in one line'}`, async () => {
    const log = memoryLog();
    const app = new App({ ...options, logger: log.logger });
    app.use(new Queue(), { ...use, worker: false });
    app.use(health());
    app.use(metrics());
    for (let starts = 1; starts <= 2; starts++) {
      await app.ready();
      const said = log.lines.filter(({ level }) => level === 40);
      assert.equal(said.length, lines * starts);
      for (const { msg } of said) {
        assert.match(
          msg,
          /^no guard stands before GET \/tasks, GET \/tasks\/\{task_id\}, GET \/tasks\/\{task_id\}\/events/,
        );
        assert.match(
          msg,
          /POST \/tasks\/\{task_id\}\/cancel, POST \/tasks\/\{task_id\}\/retry: .* guards: .* open: true/,
        );
      }
      await app.close();
    }
  });

test('each queue has a line of its own', async () => {
  const log = memoryLog();
  await using app = new App({ logger: log.logger });
  app.use(new Queue(), { prefix: '/a', worker: false });
  app.use(new Queue(), { prefix: '/b', worker: false });
  await app.ready();
  const said = log.lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
  assert.deepEqual(
    said.map((line) => /GET (\/\w)/.exec(line)?.[1]),
    ['/a', '/b'],
  );
});

test('open is for routes, and for those without guards', () => {
  const app = new App({ logger: false });
  assert.throws(
    () => app.use(new Queue(), { open: true }),
    coded('CORTADO_OPTION_INVALID', 'guards, open, redact', 'prefix'),
  );
  assert.throws(
    () => app.use(new Queue(), { prefix, open: true, guards: [staff] }),
    coded('CORTADO_OPTION_INVALID', 'open', 'guards'),
  );
  assert.throws(
    () => app.use(new Queue(), { prefix, open: 'yes' as never }),
    coded('CORTADO_OPTION_INVALID', 'open', '"yes"'),
  );
});

test('`cortado run` names them as it starts', async () => {
  using project = makeProject({
    'main.ts': `import { App } from 'cortado';
import { Queue } from 'cortado/queue';
export const app = new App();
app.use(new Queue(), { prefix: '/tasks', worker: false });
`,
  });
  const program = project.cortado(['run', 'main.ts', '--host', '127.0.0.1', '--port', '0']);
  await using _ = program;
  await program.until(/Server listening/);
  const lines = program.output().split('\n');
  const said = lines.filter(
    (line) => line.includes('"level":40') && line.includes('no guard stands before GET /tasks'),
  );
  assert.equal(said.length, 1, program.output());
});
