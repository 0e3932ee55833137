import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { App } from '../../src/index.ts';
import { oauth2 } from '../../src/security/index.ts';
import { needChromium, openChromium } from '../support/chromium.ts';
import { broadApp } from './broad-app.ts';

const skip = needChromium() ?? false;

let browser: Browser | undefined;
let app: App;
let address = '';
before(async () => {
  if (skip) return;
  app = broadApp();
  address = await app.listen({ port: 0 });
  browser = await openChromium();
});
after(async () => {
  await browser?.close();
  await app?.close();
});

interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Requests that left the app's own address. */
  readonly elsewhere: string[];
  /** Errors and warnings of the console, and errors that nothing caught. */
  readonly complaints: string[];
}

async function visit(path: string): Promise<Visit> {
  const page = await browser!.newPage();
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(address) && !/^(?:data|blob):/.test(request.url())) elsewhere.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${address}${path}`);
  return { page, elsewhere, complaints, [Symbol.asyncDispose]: () => page.close() };
}

test('the page shows the operations, asks nobody else and complains of nothing', { skip }, async () => {
  await using opened = await visit('/docs');
  const { page, elsewhere, complaints } = opened;
  await page.waitForSelector('.opblock');
  assert.equal(
    await page
      .locator('.info .title')
      .first()
      .textContent()
      .then((text) => text?.startsWith('Coffee bar <&"')),
    true,
  );
  const shown = await page.locator('.opblock').count();
  const { paths, webhooks = {} } = app.openapi();
  const documented = [...Object.values(paths), ...Object.values(webhooks)].flatMap((path) => Object.keys(path)).length;
  // An operation with two tags would stand in both.
  assert.equal(shown, documented);
  assert.ok((await page.locator('#operations-tag-drinks').count()) > 0);
  assert.deepEqual([elsewhere, complaints], [[], []]);
});

test('"Execute" sends the request and shows its answer', { skip }, async () => {
  await using opened = await visit('/docs');
  const { page, elsewhere, complaints } = opened;
  const block = page.locator('#operations-drinks-drinks_drink_id_get');
  await block.locator('.opblock-summary').click();
  const input = block.locator('tr[data-param-name="drink_id"] input');
  await input.fill('7');
  await block.locator('button.execute').click();
  const answer = block.locator('.live-responses-table');
  await answer.waitFor();
  assert.match((await answer.locator('tbody .response-col_status').first().textContent()) ?? '', /200/);
  assert.match((await answer.textContent()) ?? '', /"drink 7"/);
  assert.deepEqual([elsewhere, complaints], [[], []]);
});

test('"Execute" sends a JSON body made of the example, and shows a 422', { skip }, async () => {
  await using opened = await visit('/docs');
  const { page } = opened;
  const block = page.locator('#operations-drinks-drinks_post');
  await block.locator('.opblock-summary').click();
  await block.locator('button.execute').click();
  const status = block.locator('.live-responses-table tbody .response-col_status').first();
  await status.waitFor();
  assert.match((await status.textContent()) ?? '', /201/);
  await block.locator('textarea.body-param__text').fill('{"name": 5}');
  await block.locator('button.execute').click();
  await block.locator('.live-responses-table').getByText('string_type').first().waitFor();
});

test('"Execute" sends a list of a form as one field for each item, as the app reads it', { skip }, async () => {
  await using opened = await visit('/docs');
  const { page } = opened;
  const block = page.locator('#operations-default-survey_post');
  await block.locator('.opblock-summary').click();
  await block.locator('button.json-schema-form-item-add').click();
  const items = block.locator('.json-schema-form-item input');
  for (let at = 0; at < (await items.count()); at++) await items.nth(at).fill(`tea ${at}`);
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await block.locator('button.execute').click();
  assert.match((await sent).postData() ?? '', /liked=tea(?:%20|\+)0&liked=tea(?:%20|\+)1/);
});

test('ReDoc shows the operations, searches them, asks nobody else and complains of nothing', { skip }, async () => {
  await using opened = await visit('/redoc');
  const { page, elsewhere, complaints } = opened;
  await page.getByText('As on the board').first().waitFor();
  assert.match((await page.locator('h1').first().textContent()) ?? '', /^Coffee bar <&"/);
  await page.locator('input[placeholder="Search..."]').fill('drinks');
  await page.locator('[data-role="search:results"]').getByText('List Drinks').first().waitFor();
  assert.deepEqual([elsewhere, complaints], [[], []]);
});

test("Swagger UI's parameters and what its dialog begins with are those of the app", { skip }, async () => {
  const other = broadApp({
    docs: {
      swaggerUiParameters: { docExpansion: 'none', defaultModelsExpandDepth: -1, 'x-text': '</script><b>' },
      swaggerUiInitOAuth: { clientId: 'the-docs', usePkceWithAuthorizationCodeGrant: true },
    },
  });
  const flow = { authorizationUrl: '/authorize', tokenUrl: '/token' };
  other.get('/mine', { guards: [oauth2({ flows: { authorizationCode: flow } })] }, () => 1);
  const url = await other.listen({ port: 0 });
  try {
    const page = await browser!.newPage();
    await page.goto(`${url}/docs`);
    await page.locator('.opblock-tag').first().waitFor();
    assert.deepEqual(
      [await page.locator('.opblock-tag-section .opblock').count(), await page.locator('section.models').count()],
      [0, 0],
    );
    await page.locator('button.authorize').first().click();
    const dialog = page.locator('.auth-container', { hasText: 'authorizationCode' });
    assert.equal(await dialog.locator('input[data-name="clientId"]').inputValue(), 'the-docs');
    await page.close();
  } finally {
    await other.close();
  }
});

test('both pages show a document of OpenAPI 3.2', { skip }, async () => {
  await using newer = broadApp({ openapiVersion: '3.2.0' });
  const url = await newer.listen({ port: 0 });
  const page = await browser!.newPage();
  await page.goto(`${url}/docs`);
  await page.waitForSelector('.opblock');
  assert.equal(await page.locator('.errors-wrapper').count(), 0);
  await page.goto(`${url}/redoc`);
  await page.getByText('As on the board').first().waitFor();
  await page.close();
});
