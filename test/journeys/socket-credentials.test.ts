import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import app from '../../examples/docs/socket-credentials.ts';

interface Opened {
  readonly message: string;
  readonly subprotocol: string;
}

/** What a socket says first, or the status that refused it. */
async function open(path: string, protocols: readonly string[] = [], cookie = ''): Promise<Opened | number> {
  const headers = cookie === '' ? {} : { cookie };
  const ws = new WebSocket(path, [...protocols], { headers });
  const { promise, resolve } = Promise.withResolvers<Opened | number>();
  ws.on('message', (message) => resolve({ message: String(message), subprotocol: ws.protocol }));
  ws.on('error', ({ message }) => resolve(Number(/response: (\d+)/.exec(message)?.[1])));
  const found = await promise;
  const closed = closing(ws);
  if (ws.readyState === WebSocket.OPEN) ws.terminate();
  await closed;
  return found;
}

/** Resolves once it is closed, by an error or not. */
function closing(ws: WebSocket): Promise<void> {
  return new Promise((resolve) => (ws.readyState === WebSocket.CLOSED ? resolve() : ws.once('close', () => resolve())));
}

test('browsers enter a socket by a cookie, a token among the subprotocols, or a ticket', async () => {
  const address = await app.listen({ port: 0 });
  const ws = address.replace('http', 'ws');
  try {
    assert.deepEqual(await open(`${ws}/by-cookie`, [], 'session=session-of-ada'), {
      message: 'Hello, Ada',
      subprotocol: '',
    });
    assert.equal(await open(`${ws}/by-cookie`), 401);

    assert.deepEqual(await open(`${ws}/by-token`, ['chat.v1', 'token.token-of-ada']), {
      message: 'Hello, Ada, by chat.v1',
      subprotocol: 'chat.v1',
    });
    assert.deepEqual(await open(`${ws}/by-token`, ['token.token-of-ada', 'chat.v1']), {
      message: 'Hello, Ada, by chat.v1',
      subprotocol: 'chat.v1',
    });
    for (const protocols of [['chat.v1'], ['chat.v1', 'token.unknown'], ['chat.v1', 'token.'], []])
      assert.equal(await open(`${ws}/by-token`, protocols), 401, protocols.join());

    const headers = { cookie: 'session=session-of-ada' };
    const issued = await fetch(`${address}/tickets?room=bar`, { method: 'POST', headers });
    const { ticket } = (await issued.json()) as { readonly ticket: string };
    const first = await open(`${ws}/by-ticket?ticket=${ticket}`);
    assert.deepEqual(first, { message: 'User 7 enters bar', subprotocol: '' });
    assert.equal(await open(`${ws}/by-ticket?ticket=${ticket}`), 401);
    assert.equal(await open(`${ws}/by-ticket`), 401);
  } finally {
    await app.close();
  }
});

test('a token that was offered is not in the answer to the handshake, whatever becomes of it', async () => {
  const address = await app.listen({ port: 0 });
  const offers: string[][] = [['chat.v1', 'token.token-of-ada'], ['token.token-of-ada'], ['token.unknown']];
  try {
    for (const protocols of offers) {
      const ws = new WebSocket(`${address.replace('http', 'ws')}/by-token`, protocols);
      const { promise, resolve } = Promise.withResolvers<string>();
      ws.on('upgrade', ({ rawHeaders }) => resolve(rawHeaders.join('\n')));
      ws.on('unexpected-response', (_, { rawHeaders }) => resolve(rawHeaders.join('\n')));
      ws.on('error', () => {});
      const answer = await promise;
      assert.equal(/token\./.test(answer), false, answer);
      const closed = closing(ws);
      ws.terminate();
      await closed;
    }
  } finally {
    await app.close();
  }
});
