import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { App, type RequestContext } from '../../src/index.ts';
import { apiKey, httpBasic, httpBearer, requireScopes, safeEqual } from '../../src/security/index.ts';
import { sendRequest } from '../support/send-request.ts';

const pairs: readonly [string, string, boolean][] = [
  ['', '', true],
  ['secret', 'secret', true],
  ['пароль 🔑', 'пароль 🔑', true],
  ['secret', 'secreT', false],
  ['secret', 'secret ', false],
  ['secret', '', false],
  ['é', 'e\u0301', false],
];
for (const [a, b, expected] of pairs) {
  test(`safeEqual(${JSON.stringify(a)}, ${JSON.stringify(b)}) is ${expected}`, () => {
    assert.deepEqual([safeEqual(a, b), safeEqual(b, a)], [expected, expected]);
  });
}

const grants: readonly [readonly string[], readonly string[], boolean][] = [
  [[], [], true],
  [['a'], [], true],
  [['b', 'a'], ['a', 'b'], true],
  [['a'], ['a', 'b'], false],
  [['ab'], ['a'], false],
];
for (const [granted, scopes, enters] of grants) {
  test(`a token with [${granted}] ${enters ? 'enters' : 'does not enter'} where [${scopes}] is asked for`, () => {
    const enter = (): void => requireScopes(granted, { scopes } as RequestContext);
    if (enters) enter();
    else assert.throws(enter, { status: 403, message: 'Not enough permissions' });
  });
}

test('no log at any level has a credential, refused or failed ones included', async () => {
  let log = '';
  const logger = pino({ level: 'trace' }, { write: (line: string) => void (log += line) });
  await using app = new App({ logger, accessLog: true });
  const basic = httpBasic({
    verify: () => {
      throw new Error('the database is down');
    },
  });
  const schemes = [
    httpBearer({ verify: () => false }),
    basic,
    apiKey({ in: 'query', name: 'key', verify: () => true }),
  ];
  for (const [index, scheme] of schemes.entries()) app.get(`/${index}`, { guards: [scheme] }, () => 1);
  app.get('/crash', { params: { token: httpBearer() } }, () => {
    throw new Error('crash');
  });
  const address = await app.listen({ port: 0 });
  const basicAuth = Buffer.from('ada:hunter2').toString('base64');
  const ask = async (path: string, authorization = ''): Promise<number> =>
    (await sendRequest(address, path, { headers: authorization === '' ? {} : { authorization } })).status;
  assert.deepEqual(
    [
      await ask('/0', 'Bearer hunter2'),
      await ask('/1', `Basic ${basicAuth}`),
      await ask('/2?key=hunter2'),
      await ask('/crash', 'Bearer hunter2'),
    ],
    [401, 500, 200, 500],
  );
  assert.match(log, /the database is down/);
  assert.ok(!log.includes('hunter2') && !log.includes(basicAuth), log);
});

test('what a handler logs of a request shows none of its credentials', async () => {
  // A logger of its own, as an app without options has, with its lines kept.
  const lines: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = ((line: string | Buffer): boolean => {
    lines.push(String(line));
    return true;
  }) as typeof write;
  try {
    const app = new App({ logger: { level: 'trace' } });
    app.get('/', { guards: [apiKey({ in: 'header', name: 'X-Machine-Key' })] }, (_, ctx) => {
      ctx.log.info({ headers: ctx.headers }, 'headers');
      ctx.log.info({ req: ctx.request, res: { headers: { 'set-cookie': 'a=hunter2' } } }, 'request');
      ctx.request.log.child({ part: 'child' }).info({ headers: ctx.headers }, 'headers of a child');
    });
    await app.ready();
    const headers = Object.fromEntries(
      ['x-machine-key', 'authorization', 'proxy-authorization', 'cookie', 'sec-websocket-protocol'].map((name) => [
        name,
        'hunter2',
      ]),
    );
    const answer = await app.server.inject({ url: '/?key=hunter2', headers: { ...headers, 'x-other': 'shown' } });
    assert.equal(answer.statusCode, 200);
    await app.close();
  } finally {
    process.stdout.write = write;
  }
  const log = lines.join('');
  assert.match(log, /"x-other":"shown"/);
  assert.match(log, /"x-machine-key":"\[Redacted\]"/);
  assert.match(log, /headers of a child/);
  assert.ok(!log.includes('hunter2'), log);
});
