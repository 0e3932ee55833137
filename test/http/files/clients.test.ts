import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { App, file } from '../../../src/index.ts';
import { needChromium, openChromium } from '../../support/chromium.ts';
import { findCommand, needDebian } from '../../support/debian.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const noCurl = needDebian(['curl'], () => findCommand('curl') !== undefined) ?? false;
const noChromium = needChromium() ?? false;

/** Bytes of which none is where another could be: the low ones of their own place. */
function counted(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

for (const [path, name] of [
  ['/files/large.bin', 'app.static'],
  ['/answer', 'file()'],
] as const)
  test(`curl resumes a download from ${name}, and not where the file has changed`, {
    skip: noCurl,
  }, async () => {
    const folder = temporaryFolder('curl');
    const bytes = counted(3_000_000);
    writeFileSync(join(folder, 'large.bin'), bytes);
    const asked: (string | undefined)[] = [];
    const app = new App({ logger: false });
    app.static('/files', folder);
    app.get('/answer', () => file(join(folder, 'large.bin')));
    app.server.addHook('onRequest', async ({ headers }) => void asked.push(headers.range));
    const address = await app.listen({ port: 0 });
    const target = join(folder, 'download.bin');
    const curl = (...args: string[]) =>
      promisify(execFile)('curl', [
        '--silent',
        '--show-error',
        '--fail',
        '--noproxy',
        '*',
        '--output',
        target,
        ...args,
        address + path,
      ]);
    await curl();
    assert.ok((await readFile(target)).equals(bytes));
    // As a download that was broken off.
    truncateSync(target, 1_234_567);
    await curl('--continue-at', '-');
    assert.ok((await readFile(target)).equals(bytes));
    truncateSync(target, 2_999_999);
    await curl('--continue-at', '-', '--header', `If-Range: ${await tagOf(address + path)}`);
    assert.ok((await readFile(target)).equals(bytes));
    const before = await tagOf(address + path);
    writeFileSync(join(folder, 'large.bin'), counted(3_000_004).subarray(4));
    truncateSync(target, 1_234_567);
    // What curl ends with where it gets all of it instead: nothing of the new file is put behind the old one's.
    await assert.rejects(curl('--continue-at', '-', '--header', `If-Range: ${before}`), { code: 33 });
    assert.deepEqual(asked.slice(0, 2), [undefined, 'bytes=1234567-']);
    assert.ok(asked.includes('bytes=2999999-'));
    await app.close();
  });

async function tagOf(url: string): Promise<string> {
  return (await fetch(url, { method: 'HEAD' })).headers.get('etag')!;
}

interface Played {
  readonly duration: number;
  readonly time: number;
  readonly error: string | undefined;
}

// What runs in the page, as text: it is code of a browser.
const record = `(async () => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 128;
  const paint = canvas.getContext('2d');
  let turn = 0;
  const timer = setInterval(() => {
    paint.fillStyle = 'hsl(' + (turn++ * 40) % 360 + ' 90% 50%)';
    paint.fillRect(0, 0, 128, 128);
  }, 30);
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm;codecs=vp8' });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start(100);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  recorder.stop();
  await stopped;
  clearInterval(timer);
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
})()`;

const play = (url: string, from: number): string => `(async () => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const when = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(name + ': ' + video.error.message)), { once: true });
  });
  const loaded = when('loadedmetadata');
  video.src = ${JSON.stringify(url)};
  await loaded;
  if (${from} > 0) {
    const sought = when('seeked');
    video.currentTime = ${from};
    await sought;
  }
  const begun = video.currentTime;
  await video.play();
  for (let turn = 0; turn < 600 && video.currentTime < begun + 0.3 && !video.ended; turn++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  video.pause();
  return { duration: video.duration, time: video.currentTime };
})()`;

/** A minute and a half of silence: a file with a known length whose places a player can work out. */
function silence(seconds: number): Buffer {
  const rate = 44_100 * 4;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + rate * seconds, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(44_100, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(rate * seconds, 40);
  return Buffer.concat([head, Buffer.alloc(rate * seconds)]);
}

test('Chromium plays a video from app.static by ranges, and goes to a place that it has not loaded', {
  skip: noChromium,
}, async () => {
  const folder = temporaryFolder('video');
  const app = new App({ logger: false });
  const ranges: { readonly path: string; readonly range: string | undefined; readonly status: number }[] = [];
  app.static('/files', folder);
  app.get('/', () => new Response('<!doctype html><body></body>', { headers: { 'content-type': 'text/html' } }));
  app.server.addHook('onResponse', async ({ url, headers }, { statusCode }) => {
    if (url.startsWith('/files/')) ranges.push({ path: url, range: headers.range, status: statusCode });
  });
  const address = await app.listen({ port: 0 });
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    await page.goto(address);
    writeFileSync(join(folder, 'video.webm'), Buffer.from(await page.evaluate<string>(record), 'base64'));
    writeFileSync(join(folder, 'long.wav'), silence(300));
    const video = await page.evaluate<Played>(play('/files/video.webm', 0));
    assert.ok(video.time > 0, 'it plays');
    const long = await page.evaluate<Played>(play('/files/long.wav', 250));
    assert.equal(Math.round(long.duration), 300);
    assert.ok(long.time > 250, 'it plays on from there');
  } finally {
    await browser.close();
  }
  await until('all is answered', () => assert.equal(app.openRequests, 0));
  const first = ranges.find(({ path }) => path === '/files/video.webm');
  assert.deepEqual([first?.range, first?.status], ['bytes=0-', 206]);
  const size = statSync(join(folder, 'long.wav')).size;
  const places = ranges
    .filter(({ path }) => path === '/files/long.wav')
    .map(({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1]));
  assert.ok(
    places.some((place) => place > size / 2),
    `it asked for ${places.join(', ')} of ${size}`,
  );
  await app.close();
});
