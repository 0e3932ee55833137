import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  type CommandSettings,
  type ProcessSettings,
  runAsCommand,
} from '../../../src/base/process/process-settings.ts';
import { App, component, type Host } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';

type Variables = Readonly<Record<string, string>>;

const none: CommandSettings = { usual: {} };
const before = { ...process.env };

afterEach(() => {
  runAsCommand(undefined);
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

interface Served {
  readonly lines: readonly string[];
  /** Answers a request, runs a task, and resolves to how many could run at once. */
  readonly use: () => Promise<number | undefined>;
}

function makeApp(): Served {
  const lines: string[] = [];
  const line = (_fields: unknown, text = ''): void => void lines.push(text.replace(/ [\d.]+ ms$/, ''));
  const app = new App({ logger: { debug() {}, info: line, warn: line, error: line }, loop: false });
  const queue = new Queue();
  const brew = queue.task('brew', () => 'coffee');
  app.use(queue);
  app.get('/', async () => (await brew.enqueue({})).result({ timeout: 5000 }));
  const use = async (): Promise<number | undefined> => {
    await using client = await testClient(app);
    assert.equal(await (await client.get('/')).json(), 'coffee');
    return app.gauges().find(({ name }) => name === 'cortado_tasks_concurrency')?.value;
  };
  return { lines, use };
}

test('two apps of one process share no settings, and keep those that they were made with', async () => {
  runAsCommand({ usual: { accessLog: true, taskLog: true }, decided: { workerConcurrency: 3 } });
  const loud = makeApp();
  runAsCommand(none);
  const quiet = makeApp();
  Object.assign(process.env, { CORTADO_ACCESS_LOG: '1', CORTADO_TASK_LOG: '1', CORTADO_WORKER: 'off' });
  assert.equal(await loud.use(), 3);
  assert.equal(await quiet.use(), 10);
  assert.deepEqual([loud.lines, quiet.lines], [['a task succeeded', 'GET / 200'], []]);
});

const cases: readonly (readonly [string, Variables, CommandSettings, Partial<ProcessSettings>])[] = [
  [
    'nothing is said',
    {},
    none,
    { log: 'json', logLevel: 'info', accessLog: false, worker: undefined, hasRelay: false },
  ],
  [
    'a command says what is usual',
    {},
    { usual: { accessLog: true, log: 'pretty' } },
    { accessLog: true, log: 'pretty' },
  ],
  [
    'a variable says otherwise',
    { CORTADO_ACCESS_LOG: '0', CORTADO_LOG: 'json', LOG_LEVEL: 'warn' },
    { usual: { accessLog: true, log: 'pretty' } },
    { accessLog: false, log: 'json', logLevel: 'warn' },
  ],
  [
    'a command has decided',
    { CORTADO_WORKER: 'off', CORTADO_WORKER_QUEUES: 'mail', CORTADO_WORKER_CONCURRENCY: '4' },
    { usual: {}, decided: { worker: true, workerQueues: ['default'] } },
    { worker: true, workerQueues: ['default'], workerConcurrency: 4 },
  ],
  ['queues are named', { CORTADO_WORKER_QUEUES: 'mail, default' }, none, { workerQueues: ['mail', 'default'] }],
  ['a variable is empty', { CORTADO_WORKER: '', CORTADO_WORKER_QUEUES: '' }, none, { worker: undefined }],
  ['a runner of tests runs', { NODE_ENV: 'development', VITEST: 'true' }, none, { mode: 'test' }],
];

for (const [what, variables, command, expected] of cases)
  test(`a component sees the settings of its app's process where ${what}`, () => {
    for (const name of ['CORTADO_LOG', 'LOG_LEVEL']) delete process.env[name];
    Object.assign(process.env, variables);
    runAsCommand(command);
    let seen: Partial<ProcessSettings> = {};
    const look = ({ settings }: Host): { name: string } => {
      seen = settings;
      return { name: 'looks' };
    };
    new App({ logger: false }).use({ [component]: look });
    assert.deepEqual(
      Object.fromEntries(Object.keys(expected).map((key) => [key, seen[key as keyof typeof seen]])),
      expected,
    );
  });

test('a worker that is neither on nor off is refused', () => {
  process.env['CORTADO_WORKER'] = 'yes';
  assert.throws(() => new App({ logger: false }), { code: 'CORTADO_OPTION_INVALID', message: /on or off, not "yes"/ });
});
