import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { App, file } from '../../../src/index.ts';
import { sendRequest } from '../../support/send-request.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const above = temporaryFolder('refused');
const root = join(above, 'public');
mkdirSync(join(root, 'sub'), { recursive: true });
mkdirSync(join(root, '.git'));
mkdirSync(join(above, 'public-not'));
for (const [path, text] of [
  ['secret.txt', 'top secret'],
  ['public-not/secret.txt', 'top secret'],
  ['public/a.txt', 'public'],
  ['public/sub/b.txt', 'public'],
  ['public/ä ö%41.txt', 'public'],
  ['public/.env', 'top secret'],
  ['public/.git/config', 'top secret'],
] as const)
  writeFileSync(join(above, path), text);
symlinkSync('../secret.txt', join(root, 'link.txt'));
symlinkSync(join(above, 'secret.txt'), join(root, 'absolute.txt'));
symlinkSync('..', join(root, 'up'));
symlinkSync('../public-not', join(root, 'beside'));
symlinkSync('loop', join(root, 'loop'));
symlinkSync('a.txt', join(root, 'inside.txt'));
symlinkSync('sub', join(root, 'inside'));
// A pipe would be read for ever.
spawnSync('mkfifo', [join(root, 'pipe')]);

const app = new App({ logger: false });
app.static('/files', root);
app.get('/named', { params: { name: z.string() } }, ({ name }) => file(name, { root }));

let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close());

/** What of a path is encoded, and how, leads nowhere else. */
const refused = [
  'none.txt',
  '',
  'sub',
  'sub/',
  'a.txt/',
  'a.txt/b.txt',
  '../secret.txt',
  '../public-not/secret.txt',
  'sub/../../secret.txt',
  './../secret.txt',
  '..',
  '../',
  '%2e%2e/secret.txt',
  '%2E%2e/secret.txt',
  '.%2e/secret.txt',
  '..%2fsecret.txt',
  '..%2Fsecret.txt',
  '%2e%2e%2fsecret.txt',
  '%252e%252e/secret.txt',
  '%252e%252e%252fsecret.txt',
  '..%252fsecret.txt',
  '..%5csecret.txt',
  '..\\secret.txt',
  '%2e%2e%5csecret.txt',
  '..%c0%afsecret.txt',
  '%c0%ae%c0%ae/secret.txt',
  '%uff0e%uff0e/secret.txt',
  '．．/secret.txt',
  '....//secret.txt',
  '..;/secret.txt',
  '/secret.txt',
  '//secret.txt',
  `${above}/secret.txt`,
  `/${above}/secret.txt`,
  'file:///etc/hostname',
  'a.txt%00',
  'a.txt%00.html',
  '%00',
  'sub%2fb.txt',
  'sub%5cb.txt',
  '.env',
  '%2eenv',
  '.git/config',
  '%2egit/config',
  'sub/../.env',
  './.env',
  'link.txt',
  'absolute.txt',
  'up/secret.txt',
  'up/public/a.txt/../../secret.txt',
  'beside/secret.txt',
  'loop',
  'pipe',
  'x'.repeat(300),
  `${'d/'.repeat(800)}a`,
  '%',
  '%zz',
  '%ff',
];

for (const path of refused)
  test(`/files/${path.slice(0, 60)} is refused`, async () => {
    const { status, text } = await sendRequest(address, `/files/${encodeURI(path).replaceAll('%25', '%')}`);
    assert.ok(status === 404 || status === 400, `it is ${status}`);
    assert.doesNotMatch(text, /top secret/);
    assert.ok(JSON.parse(text).detail);
  });

/** The same by a name that a handler was given, which was decoded once. */
for (const name of refused.map(decoded))
  test(`file(${JSON.stringify(name.slice(0, 60))}, { root }) is refused`, async () => {
    const { status, text } = await sendRequest(address, `/named?name=${encodeURIComponent(name)}`);
    // To a handler a slash is one, whoever has encoded it.
    if (name === 'sub/b.txt') assert.equal(text, 'public');
    else assert.deepEqual([status, JSON.parse(text)], [404, { detail: 'Not Found' }]);
  });

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

for (const path of [
  'a.txt',
  'sub/b.txt',
  'inside.txt',
  'inside/b.txt',
  '%C3%A4%20%C3%B6%2541.txt',
  './a.txt',
  'sub/../a.txt',
])
  test(`/files/${path} is there`, async () => {
    const { status, text } = await sendRequest(address, `/files/${path}`);
    assert.deepEqual([status, text], [200, 'public']);
  });
