import { shown } from '../../../base/check-values.ts';
import { HttpError } from '../../request/http-error.ts';

// RFC 6455, 7.4: what an application may say, and of the rest what means something to a client.
export function isCloseCode(code: unknown): code is number {
  if (typeof code !== 'number' || !Number.isInteger(code)) return false;
  return (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code));
}

/**
 * Closes a web socket with a code and a reason, thrown from its function, a guard or a dependency: FastAPI's `WebSocketException`. Before the
 * socket is open, it refuses the handshake with 403.
 *
 * @throws RangeError when `code` is none that may be sent: from 1000 to 1014 but 1004 to 1006, or from 3000 to 4999 (RFC 6455, 7.4).
 * @example
 * ```ts
 * throw new SocketError(4000, 'the game is over');
 * ```
 */
export class SocketError extends HttpError {
  override name = 'SocketError';
  /** The close code. */
  readonly closeCode: number;
  /** At most 123 bytes of UTF-8 are sent of it. */
  readonly reason: string;

  constructor(closeCode: number, reason = '') {
    if (!isCloseCode(closeCode))
      throw new RangeError(
        `SocketError: the code must be from 1000 to 1014 (but 1004 to 1006), or from 3000 to 4999, not ${shown(closeCode)}.`,
      );
    super(403, reason === '' ? undefined : reason);
    this.closeCode = closeCode;
    this.reason = reason;
  }
}
