import type { WebSocket } from 'ws';
import { CortadoError } from '../../../base/error.ts';
import type { Arrived } from '../messages/read-message.ts';

// Messages that wait before no more are read: enough to keep a fast loop busy.
const most = 16;

/** The messages that have come and were not asked for yet. When they are many, no more are read, and the client has to wait. */
export class Inbox {
  readonly #ws: WebSocket;
  readonly #waiting: Arrived[] = [];
  #asked: ((arrived: Arrived | undefined) => void) | undefined;
  #isOver = false;

  constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(arrived: Arrived): void {
    if (this.#isOver) return;
    const asked = this.#asked;
    if (asked !== undefined) {
      this.#asked = undefined;
      asked(arrived);
      return;
    }
    this.#waiting.push(arrived);
    if (this.#waiting.length >= most && !this.#ws.isPaused) this.#ws.pause();
  }

  /** The next message that waits. */
  take(): Arrived | undefined {
    const arrived = this.#waiting.shift();
    if (this.#waiting.length === 0 && this.#ws.isPaused) this.#ws.resume();
    return arrived;
  }

  /** Calls back with the next message as it comes, or with `undefined` once there will be none. */
  ask(asked: (arrived: Arrived | undefined) => void): void {
    if (this.#asked !== undefined) throw twoLoops();
    if (this.#isOver) asked(undefined);
    else this.#asked = asked;
  }

  /** No more come; those that wait are still given out, unless they are dropped. */
  end(isDropped: boolean): void {
    this.#isOver = true;
    if (isDropped) this.#waiting.length = 0;
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.(undefined);
  }
}

export function twoLoops(): CortadoError {
  return new CortadoError(
    'CORTADO_LIFECYCLE',
    'Two loops take the messages of one socket: let one of them hand them on.',
  );
}
