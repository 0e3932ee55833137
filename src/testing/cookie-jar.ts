import { parseSetCookie } from 'cookie';

interface Kept {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** The cookies of a test client: kept from answers, sent with requests whose path is theirs (RFC 6265, 5.1.4 and 5.4). */
export class CookieJar {
  // By name and path, for a cookie of one path is another than its namesake elsewhere.
  readonly #cookies = new Map<string, Kept>();

  /** Sets a cookie of all paths. What a cookie cannot carry is encoded, as `ctx.setCookie` does, so that `ctx.cookies` has it as given. */
  set(name: string, value: string): void {
    this.#keep({ name, value: encodeURIComponent(value), path: '/' });
  }

  clear(): void {
    this.#cookies.clear();
  }

  /** Keeps what an answer to a request of `path` set. */
  keep(headers: readonly string[], path: string): void {
    for (const header of headers) {
      const { name, value = '', maxAge, expires, path: given } = parseSetCookie(header, { decode: asItIs });
      const kept = {
        name,
        value,
        path: given?.startsWith('/') ? given : path.slice(0, Math.max(1, path.lastIndexOf('/'))),
      };
      if (isOver(maxAge, expires)) this.#cookies.delete(keyOf(kept));
      else this.#keep(kept);
    }
  }

  /** The header for a request of `path`, the cookies of longer paths first; those of one request alone go before their namesakes. */
  header(path: string, own: readonly (readonly [name: string, value: string])[]): string | undefined {
    const names = new Set(own.map(([name]) => name));
    const kept = [...this.#cookies.values()].filter(({ name, path: of }) => matches(path, of) && !names.has(name));
    const pairs = [
      ...own.map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
      ...kept.sort((a, b) => b.path.length - a.path.length).map(({ name, value }) => `${name}=${value}`),
    ];
    return pairs.length === 0 ? undefined : pairs.join('; ');
  }

  #keep(cookie: Kept): void {
    this.#cookies.set(keyOf(cookie), cookie);
  }
}

// What a server has encoded comes back to it as it was (RFC 6265, 5.4).
const asItIs = (value: string): string => value;

// RFC 6265, 5.2.2 and 5.3: Max-Age goes first.
function isOver(maxAge: number | undefined, expires: Date | undefined): boolean {
  return maxAge === undefined ? expires !== undefined && expires.getTime() <= Date.now() : maxAge <= 0;
}

function keyOf({ name, path }: Kept): string {
  return `${name} ${path}`;
}

function matches(path: string, cookie: string): boolean {
  return path === cookie || (path.startsWith(cookie) && (cookie.endsWith('/') || path[cookie.length] === '/'));
}
