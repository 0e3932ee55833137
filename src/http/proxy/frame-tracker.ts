/** Follows the frames of a web socket (RFC 6455, 5.2), to tell where one may be put between two others. */
export class FrameTracker {
  readonly #head: number[] = [];
  #left = 0;

  /** Whether what was followed so far ends with a whole frame. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#head.length === 0;
  }

  /** Follows bytes up to the first end of a frame in them; returns how many these are, all where there is none. */
  followOne(bytes: Buffer, from = 0): number {
    for (let at = from; at < bytes.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#head.push(bytes[at++]!);
        if (!this.#readHead()) continue;
      }
      if (this.#left === 0) return at;
    }
    return bytes.length;
  }

  follow(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at = this.followOne(bytes, at);
  }

  #readHead(): boolean {
    const head = this.#head;
    if (head.length < 2) return false;
    const short = head[1]! & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (head.length < 2 + extended + (head[1]! & 0x80 ? 4 : 0)) return false;
    this.#left = extended === 0 ? short : Number(`0x${Buffer.from(head.slice(2, 2 + extended)).toString('hex')}`);
    head.length = 0;
    return true;
  }
}

// "Going away" (RFC 6455, 7.4.1).
const code = Buffer.from([0x03, 0xe9]);

/** The frame with which a server says that it goes away. */
export const serverGoesAway: Buffer = Buffer.concat([Buffer.from([0x88, 0x02]), code]);

/** The same of a client, whose frames are masked; by zeros, as nobody is to be misled by so few bytes. */
export const clientGoesAway: Buffer = Buffer.concat([Buffer.from([0x88, 0x82, 0, 0, 0, 0]), code]);
