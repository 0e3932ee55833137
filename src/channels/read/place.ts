import { createHash } from 'node:crypto';

// A whole number that JavaScript holds, and what binds it to its stream and log.
const form = /^([0-9]{1,16})-([\w-]{8})$/;

/**
 * Writes places for clients and reads what they say. A place is bound to its stream and to the log that it was given in: one of another stream,
 * or from before the log began anew, is none. It is no secret, and opens nothing.
 */
export class Places {
  readonly #tag: string;

  constructor(log: string, stream: string) {
    this.#tag = createHash('sha256').update(`${log}\n${stream}`).digest('base64url').slice(0, 8);
  }

  write(place: number): string {
    return `${place}-${this.#tag}`;
  }

  /** The place that a client's text stands for, which may be anything. */
  read(text: unknown): number | undefined {
    // A line of a header is longer than any place, and no expression has to look at it.
    if (typeof text !== 'string' || text.length > 32) return undefined;
    const [, digits, tag] = form.exec(text) ?? [];
    const place = Number(digits);
    return tag === this.#tag && Number.isSafeInteger(place) && String(place) === digits ? place : undefined;
  }
}
