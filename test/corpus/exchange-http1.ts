import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Manner } from './bad-input.ts';

/** What came back for one input. */
export interface Exchange {
  /** Of all answers, in their order. */
  readonly statuses: readonly number[];
  /** All that came, where it can be read as text. */
  readonly text: string;
  /** Bytes that came. */
  readonly received: number;
  /** Whether neither an answer came nor an end, for as long as anybody would wait. */
  readonly isUnanswered: boolean;
}

// Milliseconds: of a client that stalls or does not read; of a server that has answered and keeps the connection; of one that says nothing.
const shortest = { stall: 150, quiet: 40 };
const longestSilence = 60_000;

/** Sends bytes over a connection of their own, as a client of that manner does. */
export async function overHttp1(port: number, bytes: Buffer, manner: Manner): Promise<Exchange> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const chunks: Buffer[] = [];
  let isUnanswered = false;
  if (manner === 'leaves') {
    await Promise.race([new Promise<void>((resolve) => socket.write(bytes, () => resolve())), closed]);
  } else if (manner === 'ignores') {
    socket.pause();
    socket.write(bytes);
    await pause(shortest.stall);
  } else {
    const quiet = Promise.withResolvers<void>();
    const give = (isLate: boolean) => (): void => {
      isUnanswered = isLate;
      quiet.resolve();
    };
    let timer = setTimeout(give(manner === 'reads'), manner === 'reads' ? longestSilence : shortest.stall);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (manner !== 'reads') return;
      clearTimeout(timer);
      const ms = isClosing(chunks[0]!) ? longestSilence : shortest.quiet;
      timer = setTimeout(give(ms === longestSilence), ms);
    });
    socket.write(bytes);
    await Promise.race([quiet.promise, closed]);
    clearTimeout(timer);
  }
  socket.destroy();
  await closed;
  const received = Buffer.concat(chunks);
  const text = received.toString('latin1');
  const statuses = [...text.matchAll(/(?:^|\n)HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  return { statuses, text, received: received.length, isUnanswered };
}

// The end of the connection is then the end of the answer.
function isClosing(first: Buffer): boolean {
  return /\r\nconnection: close\r\n/i.test(first.toString('latin1'));
}
