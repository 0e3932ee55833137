import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { App, cookie, dependency, HttpError, query, SocketError } from '../../../src/index.ts';
import { needChromium, openChromium } from '../../support/chromium.ts';
import { fastapiPython } from '../../support/fastapi.ts';
import { startProgram } from '../../support/program.ts';

const Say = z.object({ type: z.literal('say'), text: z.string() });
const Leave = z.object({ type: z.literal('leave') });
const Said = z.object({ from: z.string(), text: z.string(), n: z.int() });

function makeApp(): App {
  const app = new App({ logger: false });
  app.socket(
    '/rooms/{room}',
    {
      params: { room: z.string(), n: query(z.int()) },
      incoming: z.discriminatedUnion('type', [Say, Leave]),
      outgoing: Said,
      subprotocols: ['v1'],
    },
    async ({ room, n }, socket) => {
      for await (const message of socket) {
        if (message.type === 'leave') throw new SocketError(4000, 'bye');
        await socket.send({ from: room, text: message.text, n });
      }
    },
  );
  return app;
}

const { python, skip: noPython } = fastapiPython();
test('Python’s websockets talks to a socket: handshake, messages, fragments, pings, refusals, close codes', {
  skip: noPython,
}, async () => {
  await using app = makeApp();
  const address = (await app.listen({ port: 0 })).replace('http', 'ws');
  await using program = startProgram(python, [fileURLToPath(new URL('python-client.py', import.meta.url)), address]);
  assert.equal(await program.ended, 0, program.output());
  const lines = program.output().trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      ['subprotocol', 'v1'],
      ['reply', { from: 'kitchen', text: 'hällo', n: 2 }],
      ['invalid', 'union_tag_invalid'],
      ['fragments', { from: 'kitchen', text: 'parts', n: 2 }],
      ['pong', true],
      ['closed', 4000, 'bye'],
      ['refused', 422, ['query', 'n']],
      ['binary', 1003],
      ['too large', 1009],
    ],
  );
});

/** Opens a socket in the page, sends one message, and tells what came of it. */
function talk(page: Page, url: string, protocols: readonly string[] = []): Promise<string[]> {
  return page.evaluate(
    ([at, offered]) =>
      new Promise<string[]>((resolve) => {
        const seen: string[] = [];
        const ws = new WebSocket(at, offered as string[]);
        ws.onopen = () => {
          seen.push(`open ${ws.protocol}`);
          ws.send(JSON.stringify({ type: 'say', text: 'hi' }));
        };
        ws.onmessage = ({ data }) => {
          seen.push(String(data));
          ws.send(JSON.stringify({ type: 'leave' }));
        };
        ws.onclose = ({ code, reason, wasClean }) => {
          seen.push(`close ${code} ${reason} ${wasClean}`);
          resolve(seen);
        };
      }),
    [url, protocols] as const,
  );
}

const noChromium = needChromium();
test('a page in a browser talks to a socket, by its cookie and from its own origin, and sees why it is refused', {
  skip: noChromium,
}, async () => {
  await using app = makeApp();
  const known = dependency({ user: cookie(z.string().optional()) }, ({ user }) => {
    if (user !== 'ada') throw new HttpError(401, 'who are you?');
    return user;
  });
  const run = async ({ user }: { user: string }, socket: { send: (text: string) => Promise<void> }): Promise<void> => {
    await socket.send(user);
  };
  app.socket('/mine', { params: { user: known }, refuseByClose: true }, run);
  app.socket('/hidden', { params: { user: known } }, run);
  app.get('/page', (_, ctx) => {
    ctx.setHeader('content-type', 'text/html');
    return new Response('<title>page</title>', { headers: { 'content-type': 'text/html' } });
  });
  app.get('/login', (_, ctx) => {
    ctx.setCookie('user', 'ada');
    return 1;
  });
  const address = await app.listen({ port: 0 });
  const ws = address.replace('http', 'ws');
  const foreign = new App({ logger: false });
  foreign.get('/page', () => new Response('<title>foreign</title>', { headers: { 'content-type': 'text/html' } }));
  const elsewhere = await foreign.listen({ port: 0 });
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${address}/page`);
    assert.deepEqual(await talk(page, `${ws}/rooms/kitchen?n=3`, ['v1', 'token.secret']), [
      'open v1',
      '{"from":"kitchen","text":"hi","n":3}',
      'close 4000 bye true',
    ]);
    assert.deepEqual(await talk(page, `${ws}/mine`), ['open ', 'close 4401 who are you? true']);
    assert.deepEqual(await talk(page, `${ws}/hidden`), ['close 1006  false']);
    await page.evaluate(() => fetch('/login').then(({ status }) => status));
    assert.deepEqual((await talk(page, `${ws}/mine`)).slice(0, 2), ['open ', 'ada']);
    await page.goto(`${elsewhere}/page`);
    assert.deepEqual(await talk(page, `${ws}/mine`), ['open ', 'close 4403 Pages of this origin may not connect true']);
    assert.deepEqual(await talk(page, `${ws}/hidden`), ['close 1006  false']);
  } finally {
    await browser.close();
    await foreign.close({ deadline: 0 });
  }
});
