import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from '../../../../src/index.ts';
import { sendRaw } from '../../../support/raw-socket.ts';
import { handshake } from '../../../support/raw-web-socket.ts';

const own = undefined;
const listed = ['https://example.com', 'https://example.org:8443'];
for (const [origins, origin, status] of [
  [own, undefined, 101],
  [own, 'http://localhost:8000', 101],
  [own, 'https://localhost:8000', 101],
  [own, 'HTTP://LOCALHOST:8000', 101],
  [own, 'http://localhost:8001', 403],
  [own, 'http://localhost', 403],
  [own, 'http://evil.example', 403],
  [own, 'http://localhost:8000.evil.example', 403],
  [own, 'null', 403],
  [own, '', 403],
  [own, 'nonsense', 403],
  [listed, 'https://example.com', 101],
  [listed, 'https://example.org:8443', 101],
  [listed, 'https://EXAMPLE.com', 101],
  [listed, 'http://example.com', 403],
  [listed, 'https://example.com.evil.example', 403],
  [listed, 'http://localhost:8000', 403],
  [listed, 'null', 403],
  [listed, undefined, 101],
  ['*', 'https://anywhere.example', 101],
  ['*', 'null', 101],
] as const)
  test(`with ${JSON.stringify(origins) ?? 'no'} origins, a page of ${origin ?? 'no browser'} is answered ${status}`, async () => {
    await using app = new App({ logger: false });
    app.socket('/s', origins === undefined ? {} : { origins }, () => {});
    const address = await app.listen({ port: 0 });
    const answer = await sendRaw(address, handshake('/s', { Host: 'localhost:8000', Origin: origin }), 200);
    assert.equal(answer.status, status);
    if (status === 403) assert.deepEqual(answer.json, { detail: 'Pages of this origin may not connect' });
  });

for (const [host, origin, status] of [
  ['example.com:443', 'https://example.com', 101],
  ['example.com:80', 'http://example.com', 101],
  ['Example.com', 'https://example.com', 101],
  ['example.com', 'https://example.com:8443', 403],
  ['example.com:80', 'https://example.com', 403],
  ['example.com', 'chrome-extension://example.com', 101],
  ['', 'about:blank', 403],
] as const)
  test(`asked at "${host}", a page of ${origin} is answered ${status}`, async () => {
    await using app = new App({ logger: false });
    app.socket('/s', () => {});
    const address = await app.listen({ port: 0 });
    const answer = await sendRaw(address, handshake('/s', { Host: host, Origin: origin }), 200);
    assert.equal(answer.status, status);
  });
