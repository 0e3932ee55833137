import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { inTurn, median } from '../harness/rounds.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';

const mebibyte = 1024 * 1024;
const servers = { cortado: 'Cortado', fastify: '@fastify/multipart, writing to disk' } as const;
const cases = [
  { name: '1 MB', megabytes: 1, atOnce: 1, times: 100 },
  { name: '300 MB', megabytes: 300, atOnce: 1, times: 1 },
  { name: '8 × 300 MB at once', megabytes: 300, atOnce: 8, times: 1 },
] as const;
const rounds = 3;

interface Uploaded {
  /** Megabytes a second. */
  readonly rate: number;
  /** Megabytes of resident memory above those of the idle server. */
  readonly peak: number;
}

/** Uploads files to a server in a process of its own, and looks at its memory meanwhile. */
export async function uploadsTable(): Promise<string> {
  const rows: string[][] = [];
  for (const one of cases) {
    const found = await inTurn(Object.keys(servers), rounds, async (name): Promise<Uploaded> => {
      const program = process.execPath;
      const args = [join(import.meta.dirname, `servers/upload-${name}.ts`)];
      await using server = await ServerProcess.start({ name, program, args, probe: '/' });
      // So that what is measured has run before.
      for (let at = 0; at < 20; at++) await upload(server.url, 1);
      const idle = server.residentBytes() ?? 0;
      let peak = idle;
      const timer = setInterval(() => (peak = Math.max(peak, server.residentBytes() ?? 0)), 10);
      const began = performance.now();
      for (let at = 0; at < one.times; at++)
        await Promise.all(Array.from({ length: one.atOnce }, () => upload(server.url, one.megabytes)));
      const seconds = (performance.now() - began) / 1000;
      clearInterval(timer);
      const rate = (one.megabytes * one.atOnce * one.times) / seconds;
      console.error(`upload ${name.padEnd(10)} ${one.name.padEnd(20)} ${figure(rate)} MB/s`);
      return { rate, peak: (peak - idle) / mebibyte };
    });
    const of = (name: string, pick: keyof Uploaded): number => median(found.get(name)!.map((each) => each[pick]));
    for (const [name, label] of Object.entries(servers))
      rows.push([
        `${one.name}: ${label}`,
        figure(of(name, 'rate')),
        figure(of(name, 'rate') / of('fastify', 'rate'), 2),
        figure(of(name, 'peak'), 1),
      ]);
  }
  const columns = ['upload', 'MB/s', '× @fastify/multipart', 'peak memory above idle, MB'];
  return markdownTable({ columns, rows });
}

const piece = Buffer.alloc(mebibyte, 'cortado ');
const head = Buffer.from('--XX\r\ncontent-disposition: form-data; name="film"; filename="a.mp4"\r\n\r\n');
const foot = Buffer.from('\r\n--XX--\r\n');

async function upload(url: string, megabytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<{ size: number }>();
  const sending = request(`${url}/upload`, {
    method: 'POST',
    headers: {
      'content-type': 'multipart/form-data; boundary=XX',
      'content-length': head.length + megabytes * mebibyte + foot.length,
    },
  });
  sending.on('error', reject);
  sending.on('response', (response) => json(response).then((value) => resolve(value as { size: number }), reject));
  sending.write(head);
  for (let at = 0; at < megabytes; at++)
    if (!sending.write(piece)) await new Promise((go) => sending.once('drain', go));
  sending.end(foot);
  assert.equal((await promise).size, megabytes * mebibyte);
}
