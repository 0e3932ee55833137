import { isDeepStrictEqual } from 'node:util';
import { corpus } from '../../test/corpus/corpus.ts';
import { sendBad } from './send-bad.ts';
import type { StoredTask, StoredUser, Target } from './target.ts';

/** One kind of request of the mix. */
export interface Kind {
  readonly name: string;
  /** How many of a hundred requests are of this kind. */
  readonly share: number;
  /** Sends one; resolves to what is wrong with its answer, or `undefined`. */
  readonly send: (target: Target, n: number) => Promise<string | undefined>;
}

interface Request {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
}

const lines = Array.from({ length: 20 }, (_, n) => `{"n":${n}}\n`).join('');
// Their bytes are made once, before the load begins: those of a megabyte take a while. A class stands together in the corpus, and those of a megabyte
// would come one after the other: with a stride that has no divisor in common with their number all come, well mixed.
const bad = corpus(1).map(({ kind, name, bytes, manner, own }) => ({ kind, name, bytes, manner, own }));
const stride = 1009;
if (bad.length % stride === 0)
  throw new Error(`${bad.length} inputs, and a stride of ${stride}: some would never come`);

/** The mix: validated reads, sessions that read and write, tasks, threads, streams, mistakes, bad inputs, and clients that leave. */
export const kinds: readonly Kind[] = [
  {
    name: 'GET, validated',
    share: 74,
    send: async ({ pool }, n) => {
      const id = (n % 999) + 1;
      const { status, text } = await ask(pool, { path: `/items/${id}?q=x&limit=5` });
      return expect(status, 200, text, `{"item_id":${id},"name":"Cortado","q":"x","limit":5}`);
    },
  },
  {
    name: 'GET, invalid',
    share: 3,
    send: async ({ pool }) => {
      const { status, text } = await ask(pool, { path: '/items/x?limit=1000' });
      const issues = (JSON.parse(text) as { detail: readonly { type: string; loc: readonly string[] }[] }).detail;
      const found = issues.map(({ type, loc }) => `${type} ${loc.join('.')}`).join(', ');
      return expect(status, 422, found, 'int_parsing path.item_id, less_than_equal query.limit');
    },
  },
  {
    name: 'POST, session',
    share: 4,
    send: async ({ pool, users }, n) => {
      const user = { name: `user ${n}`, age: n % 90 };
      const { status, text } = await ask(pool, { path: '/users', method: 'POST', body: JSON.stringify(user) });
      if (!/^\{"id":\d+\}$/.test(text)) return `${status} ${text}`;
      users.add({ ...(JSON.parse(text) as { id: number }), ...user });
      return expect(status, 201);
    },
  },
  {
    name: 'GET, what was written',
    share: 8,
    send: async ({ pool, users: { oldest } }) => {
      const { status, text } = await ask(pool, { path: `/users/${oldest?.id ?? 0}` });
      if (oldest === undefined) return expect(status, 404);
      const user = JSON.parse(text) as StoredUser;
      return isDeepStrictEqual(user, oldest) ? expect(status, 200) : `${status} ${text} for user ${oldest.id}`;
    },
  },
  {
    name: 'task enqueued',
    share: 1,
    send: async ({ pool, tasks }, n) => {
      const { status, text } = await ask(pool, { path: `/notes?text=note-${n}`, method: 'POST' });
      if (!/^\{"id":"[\da-f-]{36}"\}$/.test(text)) return `${status} ${text}`;
      tasks.add({ ...(JSON.parse(text) as { id: string }), result: `note-${n}`.length });
      return expect(status, 202);
    },
  },
  {
    name: 'task asked for',
    share: 1,
    send: async ({ pool, tasks: { oldest } }) => {
      if (oldest === undefined) return undefined;
      const { status, text } = await ask(pool, { path: `/tasks/${oldest.id}` });
      return isHonest(JSON.parse(text), oldest) ? expect(status, 200) : `${status} ${text}`;
    },
  },
  {
    name: 'call on a thread',
    share: 3,
    send: async ({ pool }) => {
      const { status, text } = await ask(pool, { path: '/fib?n=12' });
      return expect(status, 200, text, '144');
    },
  },
  {
    name: 'stream',
    share: 2,
    send: async ({ pool }) => {
      const { status, text } = await ask(pool, { path: '/lines' });
      return expect(status, 200, text, lines);
    },
  },
  {
    name: 'no such path',
    share: 1,
    send: async ({ pool }, n) => {
      const { status, text } = await ask(pool, { path: `/nowhere/${n}` });
      return expect(status, 404, text, '{"detail":"Not Found"}');
    },
  },
  { name: 'client leaves', share: 2, send: ({ pool }) => leave(pool, '/wait', 40) },
  {
    name: 'bad input',
    share: 1,
    send: ({ corpus: address }, n) => sendBad(address, bad[(Math.floor(n / 100) * stride) % bad.length]!),
  },
];

/** The kinds in the order in which they are sent, a hundred of them, well mixed and the same each time. */
export function rota(): readonly Kind[] {
  const all = kinds.flatMap((kind) => Array.from({ length: kind.share }, (_, at) => ({ kind, at: at / kind.share })));
  return all.sort((a, b) => a.at - b.at).map(({ kind }) => kind);
}

async function ask(pool: Target['pool'], request: Request): Promise<{ status: number; text: string }> {
  const { path, method = 'GET', body } = request;
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const { statusCode, body: answer } = await pool.request({ method, path, headers, ...(body && { body }) });
  return { status: statusCode, text: await answer.text() };
}

/** Goes away after `ms` milliseconds, as it must: the answer would come much later. */
async function leave(pool: Target['pool'], path: string, ms: number): Promise<string | undefined> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  try {
    const { statusCode, body } = await pool.request({ method: 'GET', path, signal: controller.signal });
    await body.dump({ limit: 1e6 });
    return `${statusCode} before the client had left`;
  } catch (error) {
    if (controller.signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function expect(status: number, wanted: number, text = '', right = ''): string | undefined {
  return status === wanted && text === right ? undefined : `${status} ${text.slice(0, 200)}`;
}

function isHonest(told: unknown, { id, result }: StoredTask): boolean {
  const task = told as { id: string; status: string; result: unknown };
  if (task.id !== id) return false;
  return task.status === 'succeeded' ? task.result === result : ['queued', 'running'].includes(task.status);
}
