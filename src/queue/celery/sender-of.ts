import { CortadoError } from '../../base/error.ts';
import type { CelerySender } from '../engines/celery/messages/celery-sender.ts';
import type { WrappingEngine } from '../engines/outbox/outbox.ts';
import type { Queue } from '../queue.ts';

/** The engine of a queue, also where an outbox is around it; `undefined` when it does not speak Celery. */
export async function senderOf(queue: Queue): Promise<CelerySender | undefined> {
  const engine = await queue.engine();
  const inner = 'inner' in engine ? (engine as WrappingEngine).inner : engine;
  return 'takesPositional' in inner ? (inner as CelerySender) : undefined;
}

/** The same, where nothing else will do. Throws `CORTADO_QUEUE_UNSUPPORTED`. */
export async function needSender(queue: Queue): Promise<CelerySender> {
  const sender = await senderOf(queue);
  if (sender !== undefined) return sender;
  const { kind } = await queue.engine();
  throw new CortadoError(
    'CORTADO_QUEUE_UNSUPPORTED',
    `The ${kind} engine has no Celery signatures. Use a celery+redis:// or celery+amqp:// URL.`,
  );
}
