import assert from 'node:assert/strict';
import type { ErrorCode } from '../../src/base/error-codes.ts';

/**
 * For `assert.throws` and `assert.rejects`: the error has this code, and its sentence names all of these. What else it says is for people
 * and may change: test/base/error-sentences.test.ts keeps the sentences, by code.
 */
export const coded =
  (code: ErrorCode, ...names: readonly string[]) =>
  (error: unknown): true => {
    const { code: found, message = '' } = Object(error) as { readonly code?: unknown; readonly message?: string };
    assert.equal(found, code, `${found}, not ${code}: ${error instanceof Error ? error.stack : message}`);
    for (const name of names) assert.ok(message.includes(name), `does not name ${name}: ${message}`);
    return true;
  };
