import { setTimeout as wait } from 'node:timers/promises';
import { openSocket } from '../../test/support/raw-socket.ts';
import type { Random } from './random.ts';

const head = (line: string, more = ''): string => `${line} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
const json = 'content-type: application/json\r\n';

/** What clients send before they leave. */
const beginnings: readonly string[] = [
  '',
  'GET / HT',
  'GET / HTTP/1.1\r\nhost: x\r\nx-a',
  head('GET /slow'),
  head('GET /lines'),
  head('GET /events'),
  head('POST /lengths', `${json}content-length: 1000\r\n`),
  `${head('POST /lengths', `${json}content-length: 1000\r\n`)}"xxx`,
  `${head('POST /lengths', `${json}transfer-encoding: chunked\r\n`)}5\r\n"xx`,
  `${head('POST /notes', `${json}content-length: 15\r\n`)}{"name":"a`,
  `${head('POST /notes', `${json}content-length: 12\r\n`)}{"name":"b"}`,
  head('GET / /'),
  `${head('GET /')}${head('GET /slow')}${head('GET /slow')}`,
];

/** Sends `count` requests, 40 at a time, each of whose clients leaves at some point on the way. */
export async function sendBroken(address: string, count: number, random: Random): Promise<void> {
  let left = count;
  const leave = async (): Promise<void> => {
    while (left-- > 0) {
      const socket = await openSocket(address);
      socket.on('error', () => {});
      socket.resume();
      socket.write(beginnings[random.between(0, beginnings.length - 1)]!);
      await wait(random.between(0, 15));
      if (random.next() < 0.5) socket.resetAndDestroy();
      else socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 40 }, leave));
}
