import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeProject } from '../../support/project.ts';

const main = `import { App, component } from 'cortado';
import { Queue } from 'cortado/queue';
import { database } from 'cortado/db';
export const db = database({ url: 'sqlite:tasks.db' });
export const queue = new Queue({ engine: db });
const brew = queue.task('brew', { retries: 1, backoff: () => 1 }, async (_, { attempt }) => {
  if (attempt === 1) throw new Error('cold');
  return 'coffee';
});
export const app = new App();
app.use(db);
app.use(queue);
app.use({ [component]: () => ({ name: 'starter', ready: () => void brew.enqueue({}) }) });
`;

test('a worker logs one line per run, with task, id, attempt and milliseconds', async () => {
  using project = makeProject({ 'main.ts': main });
  await using program = project.cortado(['worker', 'main.ts']);
  const [line] = await program.until(/\{.*"msg":"a task succeeded".*\}/);
  const { level, task, task_id, attempt, ms } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual({ level, task, attempt }, { level: 30, task: 'brew', attempt: 2 });
  assert.equal(typeof task_id, 'string');
  assert.equal(typeof ms, 'number');
  assert.match(program.output(), /"attempt":1,"ms":[\d.]+,.*"msg":"a task failed and will run again"/);
});

test('the line is readable in development', async () => {
  using project = makeProject({ 'main.ts': main });
  await using program = project.cortado(['worker', 'main.ts'], { CORTADO_LOG: 'pretty' });
  await program.until(/a task succeeded: brew\[[\w-]+\] in [\d.]+ ms, attempt 2\n/);
  assert.doesNotMatch(program.output(), /task_id/);
});

test('CORTADO_TASK_LOG=0 logs none', async () => {
  using project = makeProject({
    'main.ts': main.replace("return 'coffee'", "setTimeout(() => console.log('brewed'), 200)"),
  });
  await using program = project.cortado(['worker', 'main.ts'], { CORTADO_TASK_LOG: '0' });
  await program.until(/brewed/);
  assert.doesNotMatch(program.output(), /a task succeeded/);
});
