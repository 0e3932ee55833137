import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { App } from '../../../src/index.ts';
import { buildFrontEnd, needFrontEndTools } from '../../support/build-front-end.ts';
import { needChromium, openChromium } from '../../support/chromium.ts';
import { needNginx, startNginx } from '../../support/nginx.ts';
import { sendRequest } from '../../support/send-request.ts';

const skip = needFrontEndTools() ?? needNginx() ?? needChromium() ?? false;

/** A page of React with two addresses, and what it shows of the API. */
const files = {
  'index.html':
    '<!doctype html><html lang="en"><body><div id="root"></div><script type="module" src="/src/main.jsx"></script></body></html>',
  'src/main.css': 'h1 { color: rgb(1, 2, 3); }',
  'src/user.jsx': `export default function User({ name }) { return <h1 id="user">{name}</h1>; }`,
  'src/main.jsx': `
import { lazy, Suspense, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import './main.css';

const User = lazy(() => import('./user.jsx'));
const base = import.meta.env.BASE_URL;

function App() {
  const [path, setPath] = useState(location.pathname.slice(base.length));
  const [name, setName] = useState();
  const id = /^users\\/(\\d+)$/.exec(path)?.[1];
  useEffect(() => {
    if (id !== undefined) fetch(base + '../api/users/' + id).then((answer) => answer.json()).then((user) => setName(user.name));
  }, [id]);
  const open = (event) => {
    event.preventDefault();
    history.pushState(null, '', event.currentTarget.href);
    setPath(location.pathname.slice(base.length));
  };
  if (id === undefined) return <a id="link" href={base + 'users/7'} onClick={open}>the seventh</a>;
  return <Suspense fallback={null}>{name && <User name={name} />}</Suspense>;
}

createRoot(document.getElementById('root')).render(<App />);
`,
};

// What nginx has taken away of a path, only the browser knows.
for (const [name, prefix, isMounted] of [
  ['at the root of the app', '/', false],
  ['below a prefix of the app', '/ui', false],
  ['with its API in an app that is mounted', '/', true],
] as const)
  test(`a page of React that Vite has built, ${name}, behind an nginx that strips another prefix`, {
    skip,
  }, async () => {
    const root = isMounted ? '/tool/mounted' : '/tool';
    const below = prefix === '/' ? root : `${root}${prefix}`;
    const folder = buildFrontEnd(
      prefix === '/' ? { ...files, 'src/main.jsx': files['src/main.jsx'].replace("'../api", "'api") } : files,
      `${below}/`,
    );
    const assets = readdirSync(join(folder, 'assets'));
    const script = assets.find((file) => /^index-.*\.js$/.test(file))!;
    const packed = gzipSync(readFileSync(join(folder, 'assets', script)));
    writeFileSync(join(folder, 'assets', `${script}.gz`), packed);
    const app = new App({ logger: false });
    const User = z.object({ name: z.string() });
    app.get('/api/users/{id}', { params: { id: z.int() }, response: User }, ({ id }) => ({ name: `user ${id}` }));
    app.frontend(folder, { prefix });
    const outer = isMounted ? new App({ logger: false }).mount('/mounted', app) : app;
    const address = await outer.listen({ port: 0 });
    await using nginx = await startNginx(
      `location /tool/ { proxy_pass ${address}/; proxy_set_header Host $http_host; }`,
    );
    const at = `${nginx.address}${below}`;
    const browser = await openChromium();
    try {
      const page = await browser.newPage();
      const failed: string[] = [];
      page.on('response', (response) => {
        // Nobody has drawn it an icon.
        if (response.status() >= 400 && !response.url().endsWith('/favicon.ico'))
          failed.push(`${response.status()} ${response.url()}`);
      });
      page.on('pageerror', ({ message }) => failed.push(message));
      // From its root, by a link of its own.
      await page.goto(`${at}/`);
      await page.click('#link');
      await page.waitForSelector('#user');
      assert.equal(page.url(), `${at}/users/7`);
      assert.equal(await page.textContent('#user'), 'user 7');
      // A deep link, and once more.
      await page.goto(`${at}/users/8`);
      await page.waitForSelector('#user');
      assert.equal(await page.textContent('#user'), 'user 8');
      assert.equal(await page.evaluate('getComputedStyle(document.querySelector("h1")).color'), 'rgb(1, 2, 3)');
      await page.reload();
      await page.waitForSelector('#user');
      // Without its last slash.
      await page.goto(at);
      await page.waitForSelector('#link');
      assert.equal(page.url(), `${at}/`);
      // The API's own page.
      await page.goto(`${nginx.address}${root}/docs`);
      await page.waitForSelector('.opblock');
      assert.deepEqual(failed, []);
    } finally {
      await browser.close();
    }
    const ask = (path: string, headers = {}) => sendRequest(nginx.address, path, { headers });
    for (const asset of assets) {
      const { status, headers } = await ask(`${below}/assets/${asset}`);
      assert.deepEqual([status, headers['cache-control']], [200, 'public, max-age=31536000, immutable'], asset);
    }
    const small = await ask(`${below}/assets/${script}`, { 'accept-encoding': 'gzip' });
    assert.deepEqual([small.headers['content-encoding'], small.bytes.equals(packed)], ['gzip', true]);
    const lost = await ask(`${below}/assets/lost-BxYz12_3.js`, { accept: '*/*' });
    assert.deepEqual([lost.status, lost.json()], [404, { detail: 'Not Found' }]);
    const unknown = await ask(`${root}/api/unknown`, { accept: 'application/json' });
    assert.deepEqual([unknown.status, unknown.json()], [404, { detail: 'Not Found' }]);
    assert.equal((await ask(`${below}/`, { accept: 'text/html' })).headers['cache-control'], 'no-cache');
    await outer.close();
  });
