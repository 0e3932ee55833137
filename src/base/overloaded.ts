/** What a client is told where there is more to do than can be done: not what it is that is short. */
export const overloaded = {
  status: 503,
  headers: { 'retry-after': '1' },
  detail: 'The server is busy. Try again later.',
} as const;
