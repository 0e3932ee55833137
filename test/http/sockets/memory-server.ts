import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, dependency, HttpError } from '../../../src/index.ts';

const collect = (globalThis as unknown as { readonly gc: () => void }).gc;
const app = new App({ logger: false });
const user = dependency(function* () {
  yield { name: 'ada' };
});
const unit = dependency(async function* () {
  yield { n: 1 };
});
app.socket(
  '/s',
  {
    params: { user },
    each: { unit },
    incoming: z.union([z.object({ text: z.string() }), z.literal(0)]),
    outgoing: 'json',
  },
  async (_, socket) => {
    for await (const { message } of socket) await socket.send(message);
  },
);
const refusing = dependency(() => {
  throw new HttpError(403);
});
app.socket('/refused', { guards: [refusing] }, () => {});
app.socket('/closed', { guards: [refusing], refuseByClose: true }, () => {});
app.get('/heap', async () => {
  for (let turn = 0; turn < 5; turn++) {
    await pause(50);
    collect();
  }
  return Math.round(process.memoryUsage().heapUsed / 1024);
});
console.log(`at ${await app.listen({ port: 0 })}`);
