import { parseSetCookie } from 'cookie';

/** The cookies of a test client: kept from answers, sent with requests. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  set(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  clear(): void {
    this.#cookies.clear();
  }

  keep(headers: readonly string[]): void {
    for (const header of headers) {
      const cookie = parseSetCookie(header);
      if (cookie.maxAge === 0 || (cookie.expires !== undefined && cookie.expires.getTime() <= Date.now()))
        this.#cookies.delete(cookie.name);
      else this.#cookies.set(cookie.name, cookie.value ?? '');
    }
  }

  header(): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
