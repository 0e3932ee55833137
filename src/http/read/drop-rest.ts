import type { IncomingMessage } from 'node:http';

/** What is waited for of a body that was refused for its size: so many bytes of it, and each piece for so many milliseconds. */
export const mostDropped: number = 64 * 1024 * 1024;
const longestPause = 2000;

/**
 * Reads what is left of a body of unknown length, and drops it. A connection that is closed while its client still sends is reset, and many
 * clients, `fetch` among them, then never read the answer. One that does not come to an end is closed.
 */
export function dropRest(raw: IncomingMessage): void {
  let dropped = 0;
  const hangUp = (): void => raw.socket.destroySoon();
  const pause = setTimeout(hangUp, longestPause);
  const stop = (): void => clearTimeout(pause);
  raw.on('data', ({ length }: Buffer) => {
    dropped += length;
    pause.refresh();
    if (dropped > mostDropped) hangUp();
  });
  raw.once('end', stop).once('close', stop);
}
