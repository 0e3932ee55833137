import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { z } from 'zod';
import { App, form, HttpError } from '../../src/index.ts';
import { apiKey, httpBasic, httpBearer, oauth2, oauth2Password } from '../../src/security/index.ts';
import { needChromium, openChromium } from '../support/chromium.ts';

const skip = needChromium() ?? false;

let browser: Browser | undefined;
let app: App;
let identity: Server | undefined;
let address = '';
before(async () => {
  if (skip) return;
  identity = createServer(identify);
  await new Promise<void>((resolve) => identity!.listen(0, '127.0.0.1', resolve));
  app = makeApp(`http://127.0.0.1:${(identity.address() as AddressInfo).port}`);
  address = await app.listen({ port: 0 });
  browser = await openChromium();
});
after(async () => {
  await browser?.close();
  await app?.close();
  identity?.close();
});

/** An OAuth2 server elsewhere: sends the browser back at once, and gives a token for its code. */
function identify(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://x');
  const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
  if (request.method === 'OPTIONS') response.writeHead(204, headers).end();
  else if (url.pathname === '/authorize') {
    const back = new URL(url.searchParams.get('redirect_uri')!);
    back.searchParams.set('code', 'c-1');
    back.searchParams.set('state', url.searchParams.get('state')!);
    response.writeHead(302, { location: back.href }).end();
  } else {
    response.writeHead(200, { ...headers, 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: 'from-elsewhere', token_type: 'bearer' }));
  }
}

function makeApp(elsewhere: string): App {
  const app = new App({ logger: false, docs: { persistAuthorization: true } });
  const code = { authorizationUrl: `${elsewhere}/authorize`, tokenUrl: `${elsewhere}/token` };
  const schemes = {
    bearer: httpBearer(),
    basic: httpBasic({ verify: ({ username, password }) => `${username}:${password}` }),
    header: apiKey({ in: 'header', name: 'x-key' }),
    query: apiKey({ in: 'query', name: 'key' }),
    password: oauth2Password({ tokenUrl: '/token', scopes: { read: 'Read it' } }),
    code: oauth2({ flows: { authorizationCode: code } }),
  };
  for (const [name, scheme] of Object.entries(schemes))
    app.get(`/${name}`, { params: { scheme }, operationId: name }, ({ scheme }) => ({ got: scheme }));
  app.post(
    '/token',
    { params: { username: form(z.string()), password: form(z.string()), scope: form(z.string().default('')) } },
    ({ username, password, scope }) => {
      if (password !== 'secret') throw new HttpError(400, 'Incorrect username or password');
      return { access_token: `${username}/${scope}`, token_type: 'bearer' };
    },
  );
  return app;
}

async function openDocs(): Promise<Page> {
  const page = await browser!.newPage();
  await page.goto(`${address}/docs`);
  await page.waitForSelector('.opblock');
  return page;
}

/** Opens the Authorize dialog, and finds the part of one scheme in it. */
async function dialogOf(page: Page, scheme: string): Promise<Locator> {
  await page.locator('.auth-wrapper .authorize').first().click();
  const part = page.locator('.auth-container').filter({ hasText: new RegExp(`${scheme}\\W`) });
  await part.first().waitFor();
  return part.first();
}

async function tryOut(page: Page, operation: string): Promise<string> {
  const close = page.locator('.modal-ux .close-modal');
  if (await close.isVisible()) await close.click();
  const block = page.locator(`#operations-default-${operation}`);
  await block.locator('.opblock-summary-control').click();
  await block.locator('button.execute').click();
  const answer = block.locator('.live-responses-table tbody tr.response').first();
  await answer.waitFor();
  return (await answer.textContent()) ?? '';
}

test('without a credential the page shows the 401', { skip }, async () => {
  const page = await openDocs();
  assert.match(await tryOut(page, 'bearer'), /401[\s\S]*Not authenticated/);
  await page.close();
});

const pasted: readonly [operation: string, scheme: string, fields: readonly string[], got: string][] = [
  ['bearer', 'HTTPBearer', ['a-token'], 'a-token'],
  ['basic', 'HTTPBasic', ['ada', 'secret'], 'ada:secret'],
  ['header', 'APIKeyHeader', ['k-1'], 'k-1'],
  ['query', 'APIKeyQuery', ['k-2'], 'k-2'],
];
for (const [operation, scheme, fields, got] of pasted) {
  test(`${scheme}: what is pasted into the Authorize dialog is sent`, { skip }, async () => {
    const page = await openDocs();
    const part = await dialogOf(page, scheme);
    for (const [index, value] of fields.entries()) await part.locator('input').nth(index).fill(value);
    await part.locator('button.authorize').click();
    await part.locator('button', { hasText: 'Logout' }).waitFor();
    assert.match(await tryOut(page, operation), new RegExp(`200[\\s\\S]*"got": "${got}"`));
    await page.close();
  });
}

test('the password flow logs in at the app, with the scopes that were ticked, and a reload keeps it', {
  skip,
}, async () => {
  const page = await openDocs();
  const part = await dialogOf(page, 'OAuth2PasswordBearer');
  await part.locator('#oauth_username').fill('ada');
  await part.locator('#oauth_password').fill('secret');
  await part.locator('.scopes label').first().click();
  await part.locator('button.authorize').click();
  await part.locator('button', { hasText: 'Logout' }).waitFor();
  assert.match(await tryOut(page, 'password'), /200[\s\S]*"got": "ada\/read"/);
  // Not by reload(): the hash of the address would have the operation open already.
  await page.goto(`${address}/docs?again`);
  await page.waitForSelector('.opblock');
  assert.match(await tryOut(page, 'password'), /200[\s\S]*"got": "ada\/read"/);
  await page.close();
});

test('the code flow goes to another server and back', { skip }, async () => {
  const page = await openDocs();
  const part = await dialogOf(page, 'OAuth2 ');
  await part.locator('input[data-name="clientId"], #client_id_authorizationCode').first().fill('docs');
  await part.locator('button.authorize').click();
  await part.locator('button', { hasText: 'Logout' }).waitFor();
  assert.match(await tryOut(page, 'code'), /200[\s\S]*"got": "from-elsewhere"/);
  await page.close();
});
