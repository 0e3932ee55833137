import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafe(4096);
let used = pool.length;
let lastTime = 0;
let counter = 0;

/**
 * A UUID of version 7 (RFC 9562): the time first, then a counter, so that ids made in one process sort in the order of their making, also
 * when the clock is set back.
 *
 * @param now Milliseconds since the epoch.
 */
export function uuid(now: number): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  if (now > lastTime) {
    lastTime = now;
    counter = pool.readUInt16BE(used) & 0x3ff;
  } else if (++counter > 0xfff) {
    lastTime++;
    counter = 0;
  }
  const time = Math.floor(lastTime).toString(16).padStart(12, '0');
  const tail = pool.toString('hex', used + 2, used + 10);
  used += 10;
  const variant = ((Number.parseInt(tail[0]!, 16) & 3) | 8).toString(16);
  const count = counter.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`;
}
