// One server whose guard goes on and off, many times a second, and that tells what a request took in either state. As the control it only
// says so: what is found then is the noise.
import { z } from 'zod';
import { App } from '../../src/index.ts';
import { LoopGuard } from '../../src/loop/loop-guard.ts';
import { findItem } from '../http/application.ts';
import { FoundItem, ItemId } from '../http/schemas.ts';

// Milliseconds: short, so that what the machine does otherwise strikes neighbours alike.
const slice = 50;

const app = new App({ logger: false, loop: false });
const guard = new LoopGuard({}, app.log);
const isControl = process.env['LOOP_GUARD'] === 'control';
let requests = 0;
const slices: { isOn: boolean; requests: number; microseconds: number }[] = [];

app.get('/ping', () => 'pong');
app.get(
  '/items/{item_id}',
  {
    params: { item_id: ItemId, q: z.string().max(50).optional(), limit: z.int().min(1).max(100).default(10) },
    response: FoundItem,
  },
  ({ item_id, q, limit }) => {
    requests++;
    return findItem(item_id, q, limit);
  },
);
app.get('/slices', () => slices.splice(0));

// On, off, off, on: what drifts strikes both alike.
const order = [true, false, false, true];
let at = 0;
let usage = process.cpuUsage();
setInterval(() => {
  const { user, system } = process.cpuUsage(usage);
  slices.push({ isOn: order[at % order.length]!, requests, microseconds: user + system });
  at++;
  guard.stop();
  if (order[at % order.length] && !isControl) guard.ready();
  requests = 0;
  usage = process.cpuUsage();
}, slice);
if (!isControl) guard.ready();

await app.listen({ port: Number(process.env['PORT']) });
