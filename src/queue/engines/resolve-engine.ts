import { CortadoError, invalidOption } from '../../base/error.ts';
import { type DatabaseLike, isDatabase } from '../../db/database-like.ts';
import type { Engine } from '../contract/engine.ts';
import type { EngineParts } from '../contract/gate.ts';
import type { EngineChoice } from '../declare/queue-options.ts';

type Load<T> = () => Promise<T>;

const examples =
  'Use memory:, sqlite:tasks.db, postgres://host/name, redis://host (BullMQ), celery+redis://host, celery+amqp://host, or a database of cortado/db.';

/**
 * What loads the engine of a choice, and the outbox before it. The URL is read now; packages are loaded only when the queue opens.
 *
 * @throws CortadoError `CORTADO_QUEUE_URL`.
 */
export function resolveEngine(choice: EngineChoice, outbox?: DatabaseLike): Load<EngineParts> {
  const load = loadOf(choice);
  if (outbox === undefined) return async () => ({ engine: await load() });
  if (!isDatabase(outbox)) throw invalidOption('Queue: outbox must be a database of cortado/db.');
  return async () => {
    const { databaseOutbox } = await import('./outbox/outbox.ts');
    return { engine: await load(), outbox: databaseOutbox(outbox as never) };
  };
}

function loadOf(choice: EngineChoice): Load<Engine> {
  if (typeof choice === 'string') return fromUrl(choice);
  if ('capabilities' in choice && 'open' in choice) return async () => choice;
  if (isDatabase(choice)) return async () => (await import('./sql/sql-engine.ts')).sqlEngine(choice as never);
  throw new CortadoError('CORTADO_QUEUE_URL', `Queue: engine is neither a database, a URL nor an engine. ${examples}`);
}

function fromUrl(url: string): Load<Engine> {
  const scheme = /^[a-z][a-z0-9+]*:/i.exec(url)?.[0].toLowerCase();
  const load = scheme === undefined ? undefined : schemes[scheme];
  if (load !== undefined) return () => load(url);
  // The URL may hold a password, so only its scheme is repeated.
  const what = scheme === undefined ? 'has no scheme' : `starts with "${scheme}", which no engine knows`;
  throw new CortadoError('CORTADO_QUEUE_URL', `Queue: the URL ${what}. ${examples}`);
}

const memory = async (): Promise<Engine> => new (await import('./memory/memory-engine.ts')).MemoryEngine();
const sql = async (url: string): Promise<Engine> => (await import('./sql/sql-engine.ts')).sqlEngine(url);

const bullmq = async (url: string): Promise<Engine> => (await import('./bullmq/bullmq-engine.ts')).bullmq({ url });

const celery = async (url: string): Promise<Engine> => (await import('./celery/celery.ts')).celery({ url });

const schemes: Readonly<Record<string, (url: string) => Promise<Engine>>> = {
  'memory:': memory,
  'sqlite:': sql,
  'postgres:': sql,
  'postgresql:': sql,
  'redis:': bullmq,
  'rediss:': bullmq,
  'celery+redis:': celery,
  'celery+rediss:': celery,
  'celery+amqp:': celery,
  'celery+amqps:': celery,
};
