import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether two secrets are the same, in a time that tells nothing about where or how much they differ. Python's `secrets.compare_digest`,
 * which the documentation of FastAPI uses. Passwords that are stored want a slow hash of their own (scrypt, argon2).
 *
 * @example
 * ```ts
 * const machine = apiKey({ in: 'header', name: 'x-api-key', verify: (key) => safeEqual(key, process.env['API_KEY']!) });
 * ```
 */
export function safeEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

// Hashed, as the comparison wants both of one length, which would tell that of the secret.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
