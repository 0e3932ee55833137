import { nodeHttp } from './node-http.ts';

const details: Readonly<Record<number, string>> = {
  502: 'An upstream service failed',
  503: 'The server cannot answer right now. Try again later.',
  504: 'The server did not answer in time.',
};

/** What a client is told of a fault of the server: nothing of its inside. */
export function neutralDetail(status: number): string {
  return details[status] ?? nodeHttp.STATUS_CODES[status] ?? 'Server Error';
}
