import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, dependency, HttpError, type RequestContext } from '../../../../src/index.ts';
import { testClient } from '../../../../src/testing/index.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { sendRaw } from '../../../support/raw-socket.ts';
import { handshake, openRaw } from '../../../support/raw-web-socket.ts';
import { until } from '../../../support/until.ts';

test('what a guard asks for fires as the stop begins, hours after the handshake', async () => {
  const app = new App({ logger: false });
  let stopping: AbortSignal | undefined;
  const guard = dependency((_: object, ctx: RequestContext) => {
    stopping = ctx.stopping;
  });
  let isSame: boolean | undefined;
  app.socket('/s', { guards: [guard] }, async (_, socket, ctx) => {
    isSame = ctx.stopping === stopping;
    for await (const _message of socket);
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  await until('it is open', () => assert.equal(isSame, true));
  assert.equal(stopping?.aborted, false);
  const closing = app.close();
  await until('it has fired', () => assert.equal(stopping?.aborted, true));
  raw.socket.destroy();
  await closing;
});

test('what a guard defers runs once the socket is open; what its function defers is told to come too late', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const ran: string[] = [];
  const guard = dependency((_: object, ctx: RequestContext) => ctx.defer(() => void ran.push('guard')));
  const s = app.socket('/s', { guards: [guard] }, (_, _socket, ctx) => ctx.defer(() => void ran.push('function')));
  await using client = await testClient(app);
  await (await client.socket(s)).closed;
  await client.idle();
  assert.deepEqual(ran, ['guard']);
  assert.ok(log.lines.some(({ msg }) => msg === 'ctx.defer() came too late'));
});

test('what a guard keeps open until the answer was sent ends well, though the function returns at once', async () => {
  const app = new App({ logger: false });
  const seen: string[] = [];
  const guard = dependency(
    async function* () {
      try {
        yield 1;
        seen.push('commit');
      } catch (error) {
        seen.push('rollback');
        throw error;
      }
    },
    { exit: 'after-send' },
  );
  const s = app.socket('/s', { guards: [guard] }, () => {});
  await using client = await testClient(app);
  await (await client.socket(s)).closed;
  await client.idle();
  assert.deepEqual(seen, ['commit']);
});

for (const refuseByClose of [false, true])
  for (const place of ['guards', 'params'] as const)
    test(`what ${place} keep open until the answer was sent ends as the handshake that is refused${refuseByClose ? ' by a close' : ''}`, async () => {
      const app = new App({ logger: false });
      const seen: string[] = [];
      const unit = dependency(
        async function* () {
          try {
            yield 1;
            seen.push('commit');
          } catch (error) {
            seen.push('rollback');
            throw error;
          }
        },
        { exit: 'after-send' },
      );
      const no = dependency({ unit }, (_, ctx: RequestContext) => {
        ctx.defer(() => void seen.push('deferred'));
        throw new HttpError(403, 'no');
      });
      const options = place === 'guards' ? { guards: [no] } : { params: { no } };
      const s = app.socket('/s', { ...options, refuseByClose }, () => {});
      await using client = await testClient(app);
      const opening = client.socket(s);
      if (refuseByClose) assert.equal((await (await opening).closed).code, 4403);
      else await assert.rejects(opening, { status: 403 });
      await client.idle();
      assert.deepEqual(seen, ['rollback']);
    });

test('headers that a socket reads later are those of its handshake, of some the first alone', async () => {
  await using app = new App({ logger: false });
  let early: unknown;
  const guard = dependency((_: object, ctx: RequestContext) => {
    early = { ...ctx.headers };
  });
  let late: unknown;
  app.socket('/s', { guards: [guard] }, (_, _socket, ctx) => {
    late = ctx.headers;
  });
  const twice =
    'Authorization: a\r\nAuthorization: b\r\nX-Tag: a\r\nX-Tag: b\r\nCookie: a=1\r\nCookie: b=2\r\nConstructor: c';
  await sendRaw(await app.listen({ port: 0 }), handshake('/s').replace(/\r\n\r\n$/, `\r\n${twice}\r\n\r\n`), 200);
  await until('it was open', () => assert.ok(late));
  assert.deepEqual(late, early);
});

test('a header that would end its line is an error, and no part of the 101', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  app.server.addHook('onRequest', async (request, reply) => {
    reply.header('x-room', (request.query as { room: string }).room);
  });
  const s = app.socket('/s', { params: { room: z.string() } }, () => {});
  await using client = await testClient(app);
  await (await client.socket(s, { room: 'kitchen' })).closed;
  assert.deepEqual(log.errors(), []);
  await assert.rejects(client.socket(s, { room: 'a\r\nx-other: 1' }), { status: 500 });
  await client.idle();
  assert.equal(app.openRequests, 0);
  for (const { err } of log.errors()) assert.equal((err as { code?: string }).code, 'ERR_INVALID_CHAR');
});
