const magic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
/** Bytes of a block's checksum, by its type. */
const checkSizes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
const lzma2 = 0x21;

/**
 * Unpacks xz as Python's `lzma.compress` writes it: one stream of LZMA2, without other filters. Checksums of the text are left alone: what reads
 * it is JSON.
 *
 * @param most Bytes that it may unpack to.
 * @throws RangeError with the code `ERR_BUFFER_TOO_LARGE`, and an Error where it is none or is damaged.
 */
export function unxz(packed: Uint8Array, most: number): Buffer {
  const input = new Input(packed);
  for (const byte of magic) if (input.byte() !== byte) throw damaged('it does not begin as xz');
  input.byte();
  const check = checkSizes[input.byte() & 15]!;
  input.skip(4);
  const out = new Output(most);
  for (let size = input.byte(); size !== 0; size = input.byte()) {
    const from = input.at - 1;
    readFilters(input);
    input.at = from + (size + 1) * 4;
    readChunks(input, out);
    while ((input.at - from) % 4 !== 0) input.byte();
    input.skip(check);
  }
  return out.bytes();
}

function readFilters(input: Input): void {
  const flags = input.byte();
  if ((flags & 0x40) !== 0) input.number();
  if ((flags & 0x80) !== 0) input.number();
  if ((flags & 3) !== 0 || input.number() !== lzma2) throw damaged('it has other filters than LZMA2');
}

function readChunks(input: Input, out: Output): void {
  let decoder: Decoder | undefined;
  for (let control = input.byte(); control !== 0; control = input.byte()) {
    if (control < 0x80) {
      if (control > 2) throw damaged('a chunk is of no kind');
      if (control === 1) out.forget();
      for (let left = input.short() + 1; left > 0; left--) out.add(input.byte());
      continue;
    }
    const size = ((control & 0x1f) << 16) + input.short() + 1;
    const end = input.short() + 1;
    const reset = (control >> 5) & 3;
    if (reset === 3) out.forget();
    if (reset >= 2) decoder = new Decoder(input.byte());
    if (decoder === undefined) throw damaged('a chunk has no properties');
    if (reset === 1) decoder.reset();
    const next = input.at + end;
    decoder.read(input, out, size);
    input.at = next;
  }
}

class Input {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw damaged('it ends too early');
    return byte;
  }

  short(): number {
    return this.byte() * 256 + this.byte();
  }

  skip(count: number): void {
    this.at += count;
  }

  // Seven bits a byte, the least first.
  number(): number {
    let value = 0;
    for (let weight = 1, byte = 0x80; (byte & 0x80) !== 0; weight *= 128) {
      byte = this.byte();
      value += (byte & 0x7f) * weight;
    }
    return value;
  }
}

class Output {
  readonly #most: number;
  #bytes = Buffer.alloc(4096);
  #length = 0;
  #start = 0;

  constructor(most: number) {
    this.#most = most;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** From here on nothing is copied from before. */
  forget(): void {
    this.#start = this.#length;
  }

  back(distance: number): number {
    if (distance > this.#length - this.#start) throw damaged('it copies what is not there');
    return this.#bytes[this.#length - distance]!;
  }

  get last(): number {
    return this.#length > this.#start ? this.#bytes[this.#length - 1]! : 0;
  }

  add(byte: number): void {
    if (this.#length >= this.#most)
      throw Object.assign(new RangeError(`it unpacks to more than ${this.#most} bytes`), {
        code: 'ERR_BUFFER_TOO_LARGE',
      });
    if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    this.#bytes[this.#length++] = byte;
  }
}

const even = 1024;
const chances = (count: number): Uint16Array => new Uint16Array(count).fill(even);

interface Lengths {
  readonly choice: Uint16Array;
  readonly low: Uint16Array;
  readonly mid: Uint16Array;
  readonly high: Uint16Array;
}

const lengths = (): Lengths => ({ choice: chances(2), low: chances(16 * 8), mid: chances(16 * 8), high: chances(256) });

/** What a decoder has learnt, which a chunk may keep from the one before. */
const learnt = (literalBits: number) => ({
  literal: chances(0x300 << literalBits),
  isMatch: chances(12 * 16),
  isRep: chances(12),
  isRep0: chances(12),
  isRep0Long: chances(12 * 16),
  isRep1: chances(12),
  isRep2: chances(12),
  slots: chances(4 * 64),
  special: chances(115),
  align: chances(16),
  match: lengths(),
  rep: lengths(),
});

/** LZMA, as its specification has it: a range decoder, and chances for every bit. */
class Decoder {
  readonly #literalContext: number;
  readonly #literalPosition: number;
  readonly #position: number;
  #chances: ReturnType<typeof learnt>;
  #state = 0;
  #reps = [0, 0, 0, 0];
  #range = 0;
  #code = 0;
  #input!: Input;

  constructor(properties: number) {
    if (properties >= 9 * 5 * 5) throw damaged('its properties are none');
    this.#literalContext = properties % 9;
    const rest = Math.floor(properties / 9);
    this.#literalPosition = rest % 5;
    this.#position = Math.floor(rest / 5);
    if (this.#literalContext + this.#literalPosition > 4) throw damaged('its properties are none');
    this.#chances = learnt(this.#literalContext + this.#literalPosition);
  }

  reset(): void {
    this.#chances = learnt(this.#literalContext + this.#literalPosition);
    this.#state = 0;
    this.#reps = [0, 0, 0, 0];
  }

  read(input: Input, out: Output, size: number): void {
    this.#input = input;
    this.#range = 0xffffffff;
    this.#code = 0;
    for (let at = 0; at < 5; at++) this.#code = ((this.#code << 8) | input.byte()) >>> 0;
    const end = out.length + size;
    while (out.length < end) {
      const place = out.length & ((1 << this.#position) - 1);
      if (this.#bit(this.#chances.isMatch, this.#state * 16 + place) === 0) this.#literal(out);
      else this.#copy(out, end, place);
    }
  }

  #copy(out: Output, end: number, place: number): void {
    const c = this.#chances;
    const reps = this.#reps;
    let length: number;
    if (this.#bit(c.isRep, this.#state) === 0) {
      length = this.#length(c.match, place);
      this.#state = this.#state < 7 ? 7 : 10;
      this.#reps = [this.#distance(length), reps[0]!, reps[1]!, reps[2]!];
    } else if (this.#bit(c.isRep0, this.#state) === 0) {
      const isLong = this.#bit(c.isRep0Long, this.#state * 16 + place) === 1;
      length = isLong ? this.#length(c.rep, place) : 1;
      this.#state = isLong ? (this.#state < 7 ? 8 : 11) : this.#state < 7 ? 9 : 11;
    } else {
      const which = this.#bit(c.isRep1, this.#state) === 0 ? 1 : this.#bit(c.isRep2, this.#state) === 0 ? 2 : 3;
      this.#reps = [reps[which]!, ...reps.filter((_, at) => at !== which)];
      length = this.#length(c.rep, place);
      this.#state = this.#state < 7 ? 8 : 11;
    }
    if (out.length + length > end) throw damaged('a chunk is too long');
    for (let left = length; left > 0; left--) out.add(out.back(this.#reps[0]! + 1));
  }

  #literal(out: Output): void {
    const { literal } = this.#chances;
    const low = (out.length & ((1 << this.#literalPosition) - 1)) << this.#literalContext;
    const base = 0x300 * (low + (out.last >> (8 - this.#literalContext)));
    let symbol = 1;
    if (this.#state >= 7) {
      // The byte that would have come next in what was copied last tells something about this one.
      let match = out.back(this.#reps[0]! + 1);
      while (symbol < 0x100) {
        const expected = (match >> 7) & 1;
        match <<= 1;
        const bit = this.#bit(literal, base + ((1 + expected) << 8) + symbol);
        symbol = symbol * 2 + bit;
        if (bit !== expected) break;
      }
    }
    while (symbol < 0x100) symbol = symbol * 2 + this.#bit(literal, base + symbol);
    out.add(symbol & 0xff);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  #length({ choice, low, mid, high }: Lengths, place: number): number {
    if (this.#bit(choice, 0) === 0) return 2 + this.#tree(low, place * 8, 3);
    if (this.#bit(choice, 1) === 0) return 10 + this.#tree(mid, place * 8, 3);
    return 18 + this.#tree(high, 0, 8);
  }

  #distance(length: number): number {
    const { slots, special, align } = this.#chances;
    const slot = this.#tree(slots, Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const start = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return start + this.#reverse(special, start - slot, bits);
    let direct = 0;
    for (let left = bits - 4; left > 0; left--) direct = direct * 2 + this.#direct();
    return start + direct * 16 + this.#reverse(align, 0, 4);
  }

  #tree(table: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let left = bits; left > 0; left--) symbol = symbol * 2 + this.#bit(table, base + symbol);
    return symbol - (1 << bits);
  }

  // The least bit first.
  #reverse(table: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let at = 0; at < bits; at++) {
      const bit = this.#bit(table, base + symbol);
      symbol = symbol * 2 + bit;
      value |= bit << at;
    }
    return value;
  }

  #direct(): number {
    this.#range >>>= 1;
    const bit = this.#code >= this.#range ? 1 : 0;
    if (bit === 1) this.#code -= this.#range;
    this.#fill();
    return bit;
  }

  #bit(table: Uint16Array, at: number): number {
    const chance = table[at]!;
    const bound = (this.#range >>> 11) * chance;
    if (this.#code < bound) {
      this.#range = bound;
      table[at] = chance + ((2048 - chance) >> 5);
      this.#fill();
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    table[at] = chance - (chance >> 5);
    this.#fill();
    return 1;
  }

  #fill(): void {
    if (this.#range >= 2 ** 24) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#input.byte()) >>> 0;
  }
}

function damaged(what: string): Error {
  return new Error(`lzma: ${what}`);
}
