import { write as writeLater, writeSync } from 'node:fs';

// What a log collector takes in one piece.
const piece = 16 * 1024;
// Characters that wait for an output that takes none.
const mostPending = 8 * 1024 * 1024;
// Milliseconds between attempts where the other side of a pipe does not keep up, and how many of them the end of a process waits for.
const pause = 20;
const lastAttempts = 50;

/**
 * Where lines of a log go, in order. No failure of the output reaches the app: what cannot be written is dropped, and an output that is
 * gone for good, a closed terminal (EIO) or pipe (EPIPE), is left alone from then on.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #pieces: string[] = [];
  #pending = 0;
  #isWriting = false;
  #isGone = false;

  constructor(fd: number) {
    this.#fd = fd;
    process.on('exit', () => this.flushSync());
  }

  /** Takes a line; it is written as soon as those before it are. */
  write(line: string): void {
    this.#add(line);
    if (!this.#isWriting) this.#writeNext();
  }

  /** Writes a line at once, which keeps it in order with what others print. */
  writeSync(line: string): void {
    this.#add(line);
    this.flushSync();
  }

  #add(line: string): void {
    if (this.#isGone || this.#pending + line.length > mostPending) return;
    this.#pending += line.length;
    const last = this.#pieces.length - 1;
    if (last < 0 || this.#pieces[last]!.length + line.length > piece) this.#pieces.push(line);
    else this.#pieces[last] += line;
  }

  /** Writes what waits, for the end of a process; it gives up after a second. */
  flushSync(): void {
    let bytes: Buffer = Buffer.alloc(0);
    for (let attempts = 0; !this.#isGone && attempts < lastAttempts; ) {
      if (bytes.length === 0) {
        const next = this.#take();
        if (next === undefined) return;
        bytes = Buffer.from(next);
      }
      try {
        bytes = bytes.subarray(writeSync(this.#fd, bytes));
      } catch (error) {
        attempts++;
        if (!isBusy(error)) {
          this.#leave(error);
          return;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
      }
    }
  }

  #take(): string | undefined {
    const next = this.#pieces.shift();
    if (next !== undefined) this.#pending -= next.length;
    return next;
  }

  #writeNext(): void {
    const next = this.#take();
    this.#isWriting = next !== undefined;
    if (next !== undefined)
      writeLater(this.#fd, next, null, 'utf8', (error, written) => this.#continue(error, written, next));
  }

  #continue(error: Error | null, written: number, what: string | Buffer): void {
    if (error === null && written === Buffer.byteLength(what)) this.#writeNext();
    else if (error === null) this.#writeRest(Buffer.from(what).subarray(written));
    else if (isBusy(error)) setTimeout(() => this.#writeRest(Buffer.from(what)), pause);
    else this.#leave(error);
  }

  #writeRest(rest: Buffer): void {
    writeLater(this.#fd, rest, (error, written) => this.#continue(error, written, rest));
  }

  // A full disk may have room again: only these lines are lost.
  #leave(error: unknown): void {
    this.#isWriting = false;
    this.#pieces.length = 0;
    this.#pending = 0;
    this.#isGone = (error as { code?: string }).code !== 'ENOSPC';
  }
}

function isBusy(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'EAGAIN' || code === 'EBUSY';
}

let standard: LogOutput | undefined;

/** Standard output, one for all logs of the process. */
export function standardOutput(): LogOutput {
  standard ??= new LogOutput(process.stdout.fd ?? 1);
  return standard;
}
