import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { needChromium, openChromium } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';
import { startNode } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const noChromium = needChromium() ?? false;

test('the live board shows what commits on every page, on two workers, and a page that was offline catches up', {
  skip: noChromium,
}, async () => {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  await using board = startNode(
    [
      'src/cli/main.ts',
      'run',
      'examples/live-board/main.ts',
      '--workers',
      '2',
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
    ],
    { cwd: root, env: { BOARD: `sqlite:${join(temporaryFolder('board'), 'board.db')}` } },
  );
  await until('it answers', async () => assert.equal((await fetch(address)).status, 200), 60_000);
  await using network = await openNetwork(port);
  const browser = await openChromium();
  try {
    const [ada, bob] = [await browser.newContext(), await browser.newContext()];
    const one = await open(await ada.newPage(), address);
    const two = await open(await bob.newPage(), `http://127.0.0.1:${network.port}`);

    await say(one, 'ada', 'hello');
    for (const page of [one, two]) await shows(page, ['ada: hello']);

    // Rolled back: the page is told, and nobody else hears of it.
    await say(one, 'ada', 'refuse me');
    await until('it is told', async () => assert.match((await one.textContent('#told')) ?? '', /rolled back/));

    // Typed messages over a socket, by way of whichever worker.
    await two.fill('#name', 'bob');
    await two.type('#text', 'h');
    await until('who is typing', async () => assert.equal(await one.textContent('#typing'), 'bob is typing …'));

    // The browser's own mode keeps what is open, so the network is cut as well.
    await bob.setOffline(true);
    network.cut();
    await until('it is offline', async () => assert.equal(await two.textContent('#state'), 'offline'));
    for (const text of ['one', 'two', 'three']) await say(one, 'ada', text);
    await shows(one, ['ada: three', 'ada: two', 'ada: one', 'ada: hello']);
    assert.deepEqual(await two.locator('#posts li').allTextContents(), ['ada: hello']);
    await bob.setOffline(false);
    await shows(two, ['ada: three', 'ada: two', 'ada: one', 'ada: hello']);
  } finally {
    await browser.close();
  }
  process.kill(board.pid, 'SIGTERM');
  assert.equal(await board.ended, 0);
});

interface Network extends AsyncDisposable {
  readonly port: number;
  /** Breaks all that goes through it. */
  readonly cut: () => void;
}

/** What lies between a browser and a port. */
async function openNetwork(port: number): Promise<Network> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const service = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

async function open(page: Page, address: string): Promise<Page> {
  await page.goto(address);
  await until('it is live', async () => assert.equal(await page.textContent('#state'), 'live'));
  return page;
}

async function say(page: Page, name: string, text: string): Promise<void> {
  await page.fill('#name', name);
  await page.fill('#text', text);
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.click('button');
  await answered;
}

async function shows(page: Page, posts: readonly string[]): Promise<void> {
  await until('the posts are shown', async () =>
    assert.deepEqual(await page.locator('#posts li').allTextContents(), posts),
  );
}
