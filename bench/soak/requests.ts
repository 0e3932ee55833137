/** One kind of request of the mix. */
export interface Kind {
  readonly name: string;
  /** How many of a hundred requests are of this kind. */
  readonly share: number;
  readonly method: 'GET' | 'POST';
  readonly path: (n: number) => string;
  readonly body?: (n: number) => string;
  /** Statuses that are right. */
  readonly status: readonly number[];
  /** Milliseconds after which the client leaves without its answer. */
  readonly leaves?: number;
}

/** The mix: validated reads, sessions that read and write, tasks, threads, streams, mistakes, and clients that leave. */
export const kinds: readonly Kind[] = [
  {
    name: 'GET, validated',
    share: 40,
    method: 'GET',
    path: (n) => `/items/${(n % 999) + 1}?q=x&limit=5`,
    status: [200],
  },
  { name: 'GET, invalid', share: 4, method: 'GET', path: () => '/items/x?limit=1000', status: [422] },
  {
    name: 'POST, session',
    share: 18,
    method: 'POST',
    path: () => '/users',
    body: (n) => JSON.stringify({ name: `user ${n}`, age: n % 90 }),
    status: [201],
  },
  { name: 'GET, session', share: 18, method: 'GET', path: (n) => `/users/${(n % 50) + 1}`, status: [200, 404] },
  {
    name: 'task enqueued',
    share: 6,
    method: 'POST',
    path: (n) => `/notes?text=note-${n}`,
    status: [202],
  },
  { name: 'call on a thread', share: 5, method: 'GET', path: () => '/fib?n=12', status: [200] },
  { name: 'stream', share: 5, method: 'GET', path: () => '/lines', status: [200] },
  { name: 'no such path', share: 1, method: 'GET', path: (n) => `/nowhere/${n}`, status: [404] },
  { name: 'client leaves', share: 3, method: 'GET', path: () => '/wait', status: [], leaves: 40 },
];

/** The kinds in the order in which they are sent, a hundred of them, well mixed and the same each time. */
export function rota(): readonly Kind[] {
  const all = kinds.flatMap((kind) => Array.from({ length: kind.share }, (_, at) => ({ kind, at: at / kind.share })));
  return all.sort((a, b) => a.at - b.at).map(({ kind }) => kind);
}
