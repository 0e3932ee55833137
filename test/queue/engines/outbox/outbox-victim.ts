// A process that dies between the commit and the broker: its engine never answers.
import { z } from 'zod';
import { database } from '../../../../src/db/index.ts';
import { MemoryEngine } from '../../../../src/queue/engines/memory/memory-engine.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { changedEngine } from '../../../support/open-engine.ts';

const silent = changedEngine(new MemoryEngine(), () => ({ storage: { enqueue: () => new Promise(() => {}) } }));

const db = database({ url: process.argv[2]! });
const queue = new Queue({ engine: silent, outbox: db });
const brew = queue.task('brew', { params: { beans: z.int() } }, async ({ beans }) => beans);
await queue.open();
const { id } = await db.transaction(() => brew.enqueue({ beans: 3 }));
console.log(`committed ${id} ${process.pid}`);
setInterval(() => {}, 1000);
