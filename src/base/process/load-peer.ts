import { CortadoError } from '../error.ts';
import type { ErrorCode } from '../error-codes.ts';

/** Loads a package that only those install who use what needs it. */
export async function loadPeer<T>(load: () => Promise<T>, code: ErrorCode, message: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new CortadoError(code, message, { cause });
  }
}
