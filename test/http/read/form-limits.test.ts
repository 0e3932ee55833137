import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { App, file, form } from 'cortado';
import { testClient } from 'cortado/testing';
import { z } from 'zod';
import { decodeFormText } from '../../../src/http/read/parse-query.ts';

const app = new App({ logger: false, bodyLimit: 4 * 1024 * 1024 });
app.post('/form', { params: { name: form(z.string().default('none')) } }, ({ name }) => name);
app.post('/model', { params: { all: form(z.looseObject({})) } }, ({ all }) => Object.keys(all).length);
app.post('/upload', { params: { photo: file(z.file().optional()) } }, ({ photo }) => photo?.size ?? null);

let client: Awaited<ReturnType<typeof testClient>>;
before(async () => {
  client = await testClient(app);
  await client.post('/form', { form: { name: 'warm' } });
});
after(() => client.close());

const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
const multipart = { 'content-type': 'multipart/form-data; boundary=X' };
const parts = (count: number, part: (at: number) => string): string =>
  `${Array.from({ length: count }, (_, at) => `--X\r\n${part(at)}\r\n`).join('')}--X--\r\n`;
const fields = (count: number): string => Array.from({ length: count }, (_, at) => `f${at}=${at}`).join('&');

const tooMany: readonly [string, string, Record<string, string>, string, string][] = [
  ['fields of an urlencoded form', '/model', urlencoded, fields(1001), 'fields is 1000'],
  ['names without values', '/form', urlencoded, 'a&'.repeat(500_000), 'fields is 1000'],
  ['names without values for an upload', '/upload', urlencoded, 'a&'.repeat(1_500_000), 'fields is 1000'],
  ['empty fields', '/form', urlencoded, '&'.repeat(1_000_000), 'fields is 1000'],
  [
    'fields of a multipart form',
    '/form',
    multipart,
    parts(1001, (at) => `content-disposition: form-data; name="f${at}"\r\n\r\nx`),
    'fields is 1000',
  ],
  [
    'files',
    '/upload',
    multipart,
    parts(1001, (at) => `content-disposition: form-data; name="f${at}"; filename="a"\r\n\r\nx`),
    'files is 1000',
  ],
  ['parts that are no fields', '/form', multipart, parts(20_000, () => 'x-other: 1\r\n\r\n'), 'parts is 2000'],
];
for (const [what, path, headers, body, expected] of tooMany)
  test(`too many ${what} are refused before they cost anything`, async () => {
    const before = process.cpuUsage().user;
    const answer = await client.post(path, { body, headers });
    // Microseconds, the sending of up to 3 MB included; some of them took seconds, and grew with the square of their length.
    assert.ok(process.cpuUsage().user - before < 1_000_000, `${(process.cpuUsage().user - before) / 1000} ms`);
    assert.equal(answer.status, 400);
    assert.match((await answer.json<{ detail: string }>()).detail, new RegExp(expected));
  });

test('as many fields as the limit are read', async () => {
  assert.equal(await (await client.post('/model', { body: fields(1000), headers: urlencoded })).json(), 1000);
});

const texts: readonly [string, string][] = [
  ['a+b', 'a b'],
  ['a%2Bb', 'a+b'],
  ['%e4%bb%bb%E5%8B%99', '任務'],
  ['任%', '任%'],
  ['%', '%'],
  ['%4', '%4'],
  ['100%+sure', '100% sure'],
  ['%ff', '\uFFFD'],
  ['%00', '\0'],
  ['é%ff', 'é\uFFFD'],
];
for (const [encoded, expected] of texts)
  test(`a form's ${encoded} is read as ${JSON.stringify(expected)}`, async () => {
    assert.equal(decodeFormText(encoded), expected);
    assert.equal(await (await client.post('/form', { body: `name=${encoded}`, headers: urlencoded })).json(), expected);
  });

test('names and values are divided as URLSearchParams divides them', async () => {
  const body = '&&a=1=2&b&=c&a=%26&&d=&e%3D=f&';
  const answer = await client.post('/model', { body, headers: urlencoded });
  assert.equal(await answer.json(), new Set(new URLSearchParams(body).keys()).size);
});
