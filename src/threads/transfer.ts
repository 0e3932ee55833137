import type { Transferable } from 'node:worker_threads';
import { CortadoError } from '../base/error.ts';

const lists = new WeakMap<object, readonly Transferable[]>();

/**
 * Marks a value whose memory shall move to the other thread instead of being copied, as an argument or as a result. The sender cannot
 * use it afterwards.
 *
 * @param value A buffer, a typed array, a port or a stream; or any object, together with the buffers inside that shall move.
 * @param list What moves. Default: `value` itself.
 * @returns the same value.
 * @throws CortadoError `CORTADO_THREAD_CLONE` where nothing of it can be moved.
 * @example
 * ```ts
 * const small = await images.resize(transfer(pixels), 200);       // in the app
 * export const resize = (pixels: Uint8Array, width: number) => transfer(scale(pixels, width));   // in the thread
 * ```
 */
export function transfer<T extends object>(value: T, list?: readonly Transferable[]): T {
  lists.set(value, (list ?? [value as unknown as Transferable]).map(movable));
  return value;
}

/** What shall move of values that are about to be sent. */
export function transferList(values: readonly unknown[]): Transferable[] {
  return values.flatMap((value) => (typeof value === 'object' && value !== null ? (lists.get(value) ?? []) : []));
}

function movable(value: Transferable): Transferable {
  if (!ArrayBuffer.isView(value)) return value;
  const { buffer } = value as unknown as Uint8Array;
  if (buffer instanceof SharedArrayBuffer) {
    throw new CortadoError(
      'CORTADO_THREAD_CLONE',
      'transfer(): shared memory is seen by both threads already; pass it without transfer().',
    );
  }
  if (Buffer.isBuffer(value) && buffer.byteLength !== value.byteLength) {
    throw new CortadoError(
      'CORTADO_THREAD_CLONE',
      'transfer(): this Buffer is a slice of memory that other Buffers use too. Pass it without transfer(), which copies it, or make it with Buffer.allocUnsafeSlow().',
    );
  }
  return buffer as unknown as Transferable;
}
