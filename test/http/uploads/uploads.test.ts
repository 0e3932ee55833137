import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { App, dependency, file, form, HttpError, type RequestContext, type UploadOptions } from 'cortado';
import { Queue } from 'cortado/queue';
import { testClient } from 'cortado/testing';
import { z } from 'zod';
import { sweepFolders } from '../../../src/http/uploads/spool-folders.ts';
import { openSocket, sendRaw } from '../../support/raw-socket.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const mebibyte = 1024 * 1024;
const large = bytesLike(3 * mebibyte, 0);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const all = temporaryFolder('uploads');

/** An app that keeps uploads in a folder of its own, and what is in there. */
async function uploadApp(declare: (app: App) => void, uploads: UploadOptions = {}) {
  const folder = mkdtempSync(join(all, 'app-'));
  const app = new App({ logger: false, bodyLimit: 20 * mebibyte, uploads: { folder, ...uploads } });
  declare(app);
  const client = await testClient(app);
  return {
    app,
    client,
    address: await app.listen({ port: 0 }),
    left: () => readdirSync(folder),
    folder,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function bytesLike(length: number, step: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) + step) & 0xff);
}

const photo = { params: { photo: file(z.file()) } };

function formOf(...files: readonly (readonly [string, Uint8Array, string?])[]): FormData {
  const data = new FormData();
  for (const [name, bytes, filename = 'photo.png'] of files)
    data.append(name, new File([bytes as BlobPart], filename, { type: 'image/png' }));
  return data;
}

type BlobPart = NonNullable<ConstructorParameters<typeof File>[0]>[number];

test('a file that is larger than what stays in memory is on disk for as long as its request lasts', async () => {
  let during: string[] = [];
  let mode = 0;
  await using sent = await uploadApp((app) => {
    app.post('/', photo, async ({ photo }) => {
      during = sent.left();
      mode = statSync(join(sent.folder, during[0]!)).mode & 0o777;
      const streamed = createHash('sha256');
      for await (const chunk of photo.stream()) streamed.update(chunk);
      const { name, type, size } = photo;
      const alike =
        photo instanceof File && digest(await photo.slice(10, 20).bytes()) === digest(large.subarray(10, 20));
      return { name, type, size, alike, whole: digest(await photo.bytes()), streamed: streamed.digest('hex') };
    });
  });
  const answer = await fetch(sent.address, { method: 'POST', body: formOf(['photo', large]) });
  const whole = digest(large);
  assert.deepEqual(await answer.json(), {
    name: 'photo.png',
    type: 'image/png',
    size: large.length,
    alike: true,
    whole,
    streamed: whole,
  });
  assert.equal(during.length, 1);
  assert.equal(mode, 0o700);
  await until('nothing is left', () => assert.deepEqual(sent.left(), []));
});

test('small files stay in memory, and many of them together do not', async () => {
  const counts: number[] = [];
  await using sent = await uploadApp((app) => {
    app.post('/', { params: { photos: file(z.array(z.file())) } }, async ({ photos }) => {
      counts.push(sent.left().length);
      return Promise.all(photos.map(async (one) => digest(await one.bytes())));
    });
  });
  const small = Array.from({ length: 20 }, (_, at) => bytesLike(100_000, at));
  for (const some of [small.slice(0, 2), small]) {
    const body = formOf(...some.map((bytes) => ['photos', bytes] as const));
    const answer = await fetch(sent.address, { method: 'POST', body });
    assert.deepEqual(await answer.json(), some.map(digest));
  }
  assert.deepEqual(counts, [0, 1]);
});

test('files of one name keep the order in which they were sent, and texts stand beside them', async () => {
  await using sent = await uploadApp((app) => {
    app.post('/', { params: { photos: file(z.array(z.file())), note: form(z.string()) } }, ({ photos, note }) => [
      note,
      ...photos.map(({ name, size }) => `${name} ${size}`),
    ]);
  });
  const body = formOf(['photos', large, 'a'], ['photos', new Uint8Array(5), 'b'], ['photos', large.subarray(1), 'c']);
  body.append('note', 'three');
  const answer = await fetch(sent.address, { method: 'POST', body });
  assert.deepEqual(await answer.json(), ['three', `a ${large.length}`, 'b 5', `c ${large.length - 1}`]);
});

for (const [what, bytes] of [
  ['on disk', large],
  ['in memory', large.subarray(0, 10)],
] as const)
  test(`a file ${what} can be read by deferred work, and says afterwards that it is gone`, async () => {
    const kept: File[] = [];
    let read = '';
    await using sent = await uploadApp((app) => {
      app.post('/', photo, ({ photo }, ctx: RequestContext) => {
        kept.push(photo);
        ctx.defer(async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          read = digest(await photo.bytes());
        });
      });
    });
    await (await fetch(sent.address, { method: 'POST', body: formOf(['photo', bytes]) })).text();
    await sent.app.idle();
    assert.equal(read, digest(bytes));
    assert.deepEqual(sent.left(), []);
    const [gone] = kept;
    const ways = [() => gone!.bytes(), () => gone!.text(), () => gone!.arrayBuffer(), async () => gone!.stream()];
    for (const way of [...ways, async () => gone!.slice(1)])
      await assert.rejects(way, { code: 'CORTADO_UPLOAD_GONE', message: /photo\.png/ });
  });

const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=XX\r\n';
const part = '--XX\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\n';

test('what a client has sent before it leaves is removed', async () => {
  await using sent = await uploadApp((app) => app.post('/', photo, () => 'never'));
  const socket = await openSocket(sent.address);
  socket.write(`${head}content-length: ${10 * mebibyte}\r\n\r\n${part}`);
  socket.write(large);
  await until('it is on disk', () => assert.equal(sent.left().length, 1));
  socket.destroy();
  await until('nothing is left', () => assert.deepEqual(sent.left(), []));
  await sent.app.idle();
});

test('what has come when the time limit of a route ends is removed', async () => {
  await using sent = await uploadApp((app) => app.post('/', { ...photo, timeout: 200 }, () => 'never'));
  const socket = await openSocket(sent.address);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(`${head}content-length: ${10 * mebibyte}\r\n\r\n${part}`);
  socket.write(large);
  await until('it is answered', () => assert.match(answer, /^HTTP\/1\.1 504/));
  await until('nothing is left', () => assert.deepEqual(sent.left(), []));
  socket.destroy();
});

const failures: readonly [string, (app: App) => void, number][] = [
  [
    'a handler that throws',
    (app) =>
      app.post('/', photo, () => {
        throw new HttpError(409);
      }),
    409,
  ],
  [
    'a schema that refuses it',
    (app) => app.post('/', { params: { photo: file(z.file().max(10)) } }, () => 'never'),
    422,
  ],
  [
    'a dependency that fails',
    (app) => app.post('/', { params: { ...photo.params, dependency: failing } }, () => 'never'),
    418,
  ],
];
const failing = dependency(
  () => {
    throw new HttpError(418);
  },
  { name: 'failing' },
);
for (const [what, declare, status] of failures)
  test(`files are removed after ${what}`, async () => {
    await using sent = await uploadApp(declare);
    const answer = await fetch(sent.address, { method: 'POST', body: formOf(['photo', large]) });
    assert.equal(answer.status, status);
    await answer.text();
    await until('nothing is left', () => assert.deepEqual(sent.left(), []));
  });

const limits: readonly [string, UploadOptions, number, RegExp][] = [
  ['a file over fileSize', { fileSize: 2 * mebibyte }, 413, /A file is larger than 2097152 bytes/],
  ['more files than files', { files: 1 }, 400, /Too many files\. Maximum number of files is 1\./],
  ['more texts than fields', { fields: 1 }, 400, /Too many fields\. Maximum number of fields is 1\./],
  ['a text over fieldSize', { fieldSize: 2048 }, 400, /Part exceeded maximum size of 2KB\./],
  ['files over the total of all', { total: 2 * mebibyte }, 503, /The server is busy\. Try again later\./],
];
for (const [what, options, status, detail] of limits)
  test(`${what} is a ${status}, after which the connection goes on`, async () => {
    await using sent = await uploadApp((app) => app.post('/', photo, ({ photo }) => photo.size), options);
    const body = formOf(['photo', large], ['photo', large]);
    body.append('a', 'x'.repeat(3000));
    body.append('b', 'x');
    const answer = await fetch(sent.address, { method: 'POST', body });
    assert.equal(answer.status, status);
    assert.match(await answer.text(), detail);
    if (status === 503) assert.equal(answer.headers.get('retry-after'), '1');
    await until('nothing is left', () => assert.deepEqual(sent.left(), []));
    const next = await fetch(sent.address, { method: 'POST', body: formOf(['photo', large.subarray(0, 10)]) });
    assert.equal(await next.json(), 10);
  });

test('a text of more than 1 MiB is refused as FastAPI refuses it', async () => {
  await using sent = await uploadApp((app) => app.post('/', { params: { note: form(z.string()) } }, () => 'taken'));
  const body = new FormData();
  body.append('note', 'x'.repeat(mebibyte + 1));
  const answer = await fetch(sent.address, { method: 'POST', body });
  assert.equal(answer.status, 400);
  assert.deepEqual(await answer.json(), { detail: 'Part exceeded maximum size of 1024KB.' });
});

test('what others have on disk counts until their requests are over', async () => {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  await using sent = await uploadApp(
    (app) => {
      app.post('/', photo, async ({ photo }) => {
        await gate;
        return photo.size;
      });
    },
    { total: 4 * mebibyte },
  );
  const first = fetch(sent.address, { method: 'POST', body: formOf(['photo', large]) });
  const onDisk = (): number => sent.app.gauges().find(({ name }) => name === 'cortado_uploads_bytes')!.value;
  await until('the first is on disk', () => assert.ok(onDisk() >= large.length));
  const second = await fetch(sent.address, { method: 'POST', body: formOf(['photo', large]) });
  assert.equal(second.status, 503);
  assert.ok(onDisk() <= 4 * mebibyte);
  go();
  assert.equal(await (await first).json(), large.length);
  await until('nothing is left', () => assert.deepEqual(sent.left(), []));
  const third = await fetch(sent.address, { method: 'POST', body: formOf(['photo', large]) });
  assert.equal(await third.json(), large.length);
});

test('a guard that refuses costs no byte of the body', async () => {
  const guard = dependency(
    () => {
      throw new HttpError(401);
    },
    { name: 'guard' },
  );
  await using sent = await uploadApp((app) => app.post('/', { ...photo, guards: [guard] }, () => 'never'));
  const answer = await sendRaw(sent.address, `${head}content-length: ${10 * mebibyte}\r\n\r\n${part}`);
  assert.equal(answer.status, 401);
  assert.deepEqual(sent.left(), []);
});

test('a body that says that it is larger than bodyLimit is refused before a byte of it is kept', async () => {
  await using sent = await uploadApp((app) => app.post('/', photo, () => 'never'));
  const answer = await sendRaw(sent.address, `${head}content-length: ${30 * mebibyte}\r\n\r\n${part}`);
  assert.deepEqual([answer.status, answer.json], [413, { detail: 'The body is larger than 20971520 bytes' }]);
  assert.deepEqual(sent.left(), []);
});

test('a body that breaks off inside of a file is a 400', async () => {
  await using sent = await uploadApp((app) => app.post('/', photo, () => 'never'));
  const body = Buffer.concat([Buffer.from(part), large]);
  const request = Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]);
  const answer = await sendRaw(sent.address, request);
  assert.equal(answer.status, 400);
  await until('nothing is left', () => assert.deepEqual(sent.left(), []));
});

test('a full disk is a 507', async (t) => {
  const folder = mkdtempSync(join(all, 'full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'cortado-test', folder]);
  if (mounted.status !== 0) return t.skip('mounting a small file system takes root');
  try {
    await using sent = await uploadApp((app) => app.post('/', photo, () => 'never'), { folder });
    const answer = await fetch(sent.address, { method: 'POST', body: formOf(['photo', large]) });
    assert.equal(answer.status, 507);
    assert.deepEqual(await answer.json(), { detail: 'Insufficient Storage' });
    await until('nothing is left', () => assert.deepEqual(readdirSync(folder), []));
  } finally {
    spawnSync('umount', [folder]);
  }
});

test('what a process that was killed has left is removed at the next start, and what a living one has is not', async () => {
  const folder = mkdtempSync(join(all, 'sweep-'));
  const program = `
    import { makeFolder } from '${new URL('../../../src/http/uploads/spool-folders.ts', import.meta.url)}';
    console.log(await makeFolder(${JSON.stringify(folder)}));
    setInterval(() => {}, 1000);
  `;
  const start = async () => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program]);
    await once(child.stdout, 'data');
    return child;
  };
  const [killed, living] = [await start(), await start()];
  after(() => living.kill('SIGKILL'));
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  mkdirSync(join(folder, 'of-others'));
  const foreign = join(folder, 'cortado-uploads-0123456789ab-1-0123abcd-abcdef');
  mkdirSync(foreign);
  await using _swept = await uploadApp((app) => app.post('/', photo, () => 'never'), { folder });
  const names = (): string[] => readdirSync(folder).map((name) => (name.includes(`-${living.pid}-`) ? 'living' : name));
  assert.deepEqual(names().sort(), ['cortado-uploads-0123456789ab-1-0123abcd-abcdef', 'living', 'of-others']);
  const yesterday = Date.now() / 1000 - 25 * 60 * 60;
  utimesSync(foreign, yesterday, yesterday);
  await sweepFolders(folder);
  assert.deepEqual(names().sort(), ['living', 'of-others']);
});

test('an app without forms leaves the disk alone', async () => {
  const folder = join(all, 'not-made');
  await using sent = await uploadApp((app) => app.get('/', () => 'here'), { folder });
  assert.equal(await (await fetch(sent.address)).text(), '"here"');
  assert.throws(() => statSync(folder));
});

test('a file that is handed to a task is refused, with what to do', async () => {
  const queue = new Queue({ engine: 'memory:' });
  const keep = queue.task('keep', { params: { what: z.any() } }, () => {});
  await using sent = await uploadApp((app) => {
    app.use(queue);
    app.post('/', photo, async ({ photo }) => {
      await assert.rejects(keep.enqueue({ what: photo }), {
        code: 'CORTADO_QUEUE_PAYLOAD',
        message: /the file "photo\.png".*hand a task where you have stored it/,
      });
      return 'refused';
    });
  });
  const answer = await fetch(sent.address, { method: 'POST', body: formOf(['photo', large]) });
  assert.equal(await answer.json(), 'refused');
});
