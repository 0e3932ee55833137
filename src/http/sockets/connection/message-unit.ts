import { runInFrame } from '../../../concurrency/frame.ts';
import type { Closing } from '../../../inject/close.ts';
import type { Scope } from '../../../inject/scope.ts';
import type { Leaving } from '../messages/frame.ts';
import type { SocketSender } from './sender.ts';
import type { SocketFrame } from './socket-frame.ts';

/** The unit of work of one message after the other: what it has opened, and what it has sent, which leaves when all of it has been closed well. */
export class MessageUnit {
  readonly #frame: SocketFrame;
  readonly #sender: SocketSender;
  #laid: Leaving[] | undefined;
  #bytes = 0;

  constructor(frame: SocketFrame, sender: SocketSender) {
    this.#frame = frame;
    this.#sender = sender;
  }

  get isOpen(): boolean {
    return this.#frame.isInUnit;
  }

  begin(message: unknown): void {
    this.#frame.begin(message);
  }

  /** Lays a message aside; `false` where more than `most` bytes would wait. */
  lay(message: Leaving, most: number): boolean {
    this.#bytes += message.length;
    if (this.#bytes > most && this.#laid !== undefined) return false;
    if (this.#laid === undefined) this.#laid = [message];
    else this.#laid.push(message);
    return true;
  }

  /**
   * Closes it, and sends what was laid aside where that went well. A promise only where there is something to wait for.
   *
   * @throws what fails to close.
   */
  close(outcome: Closing): Promise<void> | undefined {
    const scope = this.#frame.end();
    const laid = this.#laid;
    this.#laid = undefined;
    this.#bytes = 0;
    if (scope !== undefined && !scope.isEmpty) return this.#closeScope(scope, outcome, laid);
    return outcome.failed || laid === undefined ? undefined : this.#sender.sendAll(laid);
  }

  async #closeScope(scope: Scope, outcome: Closing, laid: readonly Leaving[] | undefined): Promise<void> {
    const frame = closingFrame(this.#frame, scope);
    let end = await runInFrame(frame, () => scope.close(outcome));
    try {
      if (!end.failed && laid !== undefined) await this.#sender.sendAll(laid);
    } catch (error) {
      // What stays open until all was sent is closed all the same.
      end = { failed: true, error };
    }
    const last = await runInFrame(frame, () => scope.closeAfterSend(end));
    if (last.failed && !outcome.failed) throw last.error;
  }
}

// While its unit closes, code belongs to that.
function closingFrame(frame: SocketFrame, scope: Scope): { readonly signal: AbortSignal; readonly scope: Scope } {
  return {
    get signal() {
      return frame.signal;
    },
    scope,
  };
}
