import { CortadoError, invalidOption } from '../../base/error.ts';
import { isDatabase } from '../../db/database-like.ts';
import type { ChannelEngine } from '../contract/engine.ts';
import type { ChannelEngineChoice } from '../declare/channels-options.ts';

type Load = () => Promise<ChannelEngine>;

const examples = 'Use memory:, sqlite:events.db, postgres://host/name, redis://host, or a database of cortado/db.';

/**
 * What loads the engine of a choice. The URL is read now; packages are loaded only when the channels open.
 *
 * @throws CortadoError `CORTADO_CHANNEL_URL`.
 */
export function resolveChannelEngine(choice: ChannelEngineChoice): Load {
  if (typeof choice === 'string') return fromUrl(choice);
  if (typeof choice !== 'object' || choice === null)
    throw invalidOption(`Channels: engine is neither a database, a URL nor an engine. ${examples}`);
  if ('shared' in choice && 'open' in choice) return async () => choice;
  if (isDatabase(choice)) return async () => (await import('./sql/sql-engine.ts')).sqlChannels(choice as never);
  throw invalidOption(`Channels: engine is neither a database, a URL nor an engine. ${examples}`);
}

function fromUrl(url: string): Load {
  const scheme = /^[a-z][a-z0-9+]*:/i.exec(url)?.[0].toLowerCase();
  const load = scheme === undefined ? undefined : schemes[scheme];
  if (load !== undefined) return () => load(url);
  // The URL may hold a password, so only its scheme is repeated.
  const what = scheme === undefined ? 'has no scheme' : `starts with "${scheme}", which no engine knows`;
  throw new CortadoError('CORTADO_CHANNEL_URL', `Channels: the URL ${what}. ${examples}`);
}

const memory = async (): Promise<ChannelEngine> => new (await import('./memory/memory-engine.ts')).MemoryChannels();
const sql = async (url: string): Promise<ChannelEngine> => (await import('./sql/sql-engine.ts')).sqlChannels(url);
const redis = async (url: string): Promise<ChannelEngine> =>
  (await import('./redis/redis-engine.ts')).redisChannels(url);

const schemes: Readonly<Record<string, (url: string) => Promise<ChannelEngine>>> = {
  'memory:': memory,
  'sqlite:': sql,
  'postgres:': sql,
  'postgresql:': sql,
  'redis:': redis,
  'rediss:': redis,
};
