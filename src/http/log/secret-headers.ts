import type { Plan } from '../../declare/plan/plan.ts';
import { alternativesOf } from '../../declare/security.ts';

const hidden = '[Redacted]';

/**
 * The headers that never reach a log: those of HTTP that are credentials, the subprotocols that a socket's client offers, among which browsers
 * send tokens, and the keys that an app's schemes read.
 */
export class SecretHeaders {
  readonly #names = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'sec-websocket-protocol']);

  /** Adds the headers that the schemes of a plan read their keys from. */
  learn({ security }: Plan): void {
    for (const { scheme } of security.flatMap(alternativesOf))
      if (scheme.type === 'apiKey' && scheme['in'] === 'header') this.#names.add(String(scheme['name']).toLowerCase());
  }

  /** A copy of headers, as a log shows them; whatever is none stays as it is. */
  readonly hide = (headers: unknown): unknown => {
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return headers;
    const shown = Object.entries(headers).map(([name, value]) => [
      name,
      this.#names.has(name.toLowerCase()) ? hidden : value,
    ]);
    return Object.fromEntries(shown);
  };
}
