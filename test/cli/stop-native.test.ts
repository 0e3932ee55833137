import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { startNode } from '../support/program.ts';
import { makeProject } from '../support/project.ts';
import { sendRequest } from '../support/send-request.ts';

// A statement and a hash of a minute: what runs them hears nothing before they are done.
const main = `import { sql } from 'kysely';
import { App, component } from 'cortado';
import { database } from 'cortado/db';
import { Queue } from 'cortado/queue';
import { threads } from 'cortado/threads';

const db = database({ url: 'sqlite:app.db' });
const queue = new Queue({ engine: 'sqlite:tasks.db' });
const hashing = threads<typeof import('./hash.ts')>(new URL('./hash.ts', import.meta.url), { threads: 1 });
const count = () => {
  console.log('at work');
  return sql\`with recursive n (i) as (select 1 union all select i + 1 from n where i < 400000000) select count(*) from n\`.execute(db.kysely);
};
const slow = queue.task('slow', {}, async () => void (await count()));
export const app = new App();
app.use(db);
app.use(queue, { worker: process.env.CORTADO_WORKER === 'on' });
app.use(hashing);
app.get('/count', async () => void (await count()));
app.get('/hash', () => {
  console.log('at work');
  return hashing.hash();
});
if (process.env.CORTADO_WORKER === 'on')
  app.use({ [component]: () => ({ name: 'first', ready: () => void slow.enqueue({}) }) });
if (import.meta.main) console.log(await app.stopOnSignals({ deadline: 500 }).listen({ port: Number(process.env.PORT) }));
`;
const hash = `import { pbkdf2Sync } from 'node:crypto';
export function hash(): string {
  return pbkdf2Sync('a', 'b', 100_000_000, 64, 'sha512').toString('hex');
}
`;

interface Command {
  readonly args: readonly string[];
  readonly path: string | undefined;
  /** Exit codes after one signal, at the deadline, and after two. */
  readonly codes: readonly [number, number];
}

const commands: readonly Command[] = [
  { args: ['run', 'main.ts', '--deadline', '500'], path: '/count', codes: [1, 143] },
  { args: ['run', 'main.ts', '--deadline', '500'], path: '/hash', codes: [1, 143] },
  { args: ['run', 'main.ts', '--deadline', '500', '--workers', '1'], path: '/count', codes: [1, 143] },
  { args: ['worker', 'main.ts', '--deadline', '500'], path: undefined, codes: [0, 143] },
  { args: ['dev', 'main.ts'], path: '/count', codes: [0, 130] },
  { args: ['(plain node)'], path: '/count', codes: [1, 143] },
];

for (const { args, path, codes } of commands)
  for (const [signals, code] of codes.entries())
    test(`cortado ${args.join(' ')}: ${signals + 1} SIGTERM ${signals === 0 ? 'and the deadline end' : 'ends'} the process while ${path ?? 'a task'} is in native code`, async () => {
      using project = makeProject({ 'main.ts': main, 'hash.ts': hash });
      project.link('kysely');
      const port = await freePort();
      await using program =
        args[0] === '(plain node)'
          ? startNode(['main.ts'], { cwd: project.folder, env: { PORT: String(port) } })
          : args[0] === 'worker'
            ? project.cortado(args, { CORTADO_WORKER: 'on' })
            : project.cortado([...args, '--port', String(port)]);
      if (path !== undefined) {
        await program.until(/Server listening|workers serve|ready|http:\/\//);
        void sendRequest(`http://127.0.0.1:${port}`, path).catch(() => {});
      }
      await program.until(/at work/);
      await pause(200);
      const before = performance.now();
      program.child.kill('SIGTERM');
      if (signals === 1) {
        await pause(100);
        program.child.kill('SIGTERM');
      }
      assert.equal(await program.ended, code);
      const ms = performance.now() - before;
      assert.ok(ms < 6000, `it took ${ms} ms`);
    });
