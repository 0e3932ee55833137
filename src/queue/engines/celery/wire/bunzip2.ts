// Node has every other format that kombu packs bodies with by itself, but for this one and lzma.

/** Most bytes of a block, by the digit in the header. */
const blockUnit = 100_000;
const symbolsPerSelector = 50;
const longestCode = 20;

/**
 * Unpacks bzip2, one stream after the other.
 *
 * @param most Bytes that it may unpack to.
 * @throws RangeError with the code `ERR_BUFFER_TOO_LARGE`, and an Error where it is none or is damaged.
 */
export function bunzip2(packed: Uint8Array, most: number): Buffer {
  const bits = new Bits(packed);
  const out = new Output(most);
  do readStream(bits, out);
  while (bits.hasMore);
  return out.bytes();
}

function readStream(bits: Bits, out: Output): void {
  if (bits.read(24) !== 0x425a68) throw damaged('it does not begin as bzip2');
  const level = bits.read(8) - 0x30;
  if (level < 1 || level > 9) throw damaged('its level is unknown');
  let block: Uint32Array | undefined;
  for (;;) {
    const [high, low] = [bits.read(24), bits.read(24)];
    const crc = bits.read(32);
    if (high === 0x177245 && low === 0x385090) break;
    if (high !== 0x314159 || low !== 0x265359) throw damaged('a block is missing');
    // One for all: a message can be made of very many tiny blocks.
    block ??= new Uint32Array(level * blockUnit);
    readBlock(bits, out, block);
    if (out.endBlock() !== crc) throw damaged('its checksum is wrong');
  }
  bits.align();
}

function readBlock(bits: Bits, out: Output, block: Uint32Array): void {
  if (bits.read(1) !== 0) throw damaged('it is of a version that nobody writes');
  const start = bits.read(24);
  const alphabet = readAlphabet(bits);
  const { tables, selectors } = readTables(bits, alphabet.length + 2);
  const size = block.length;
  const counts = new Uint32Array(257);
  const end = alphabet.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  const repeat = (): void => {
    if (length + run > size) throw damaged('a block is too long');
    counts[alphabet[0]! + 1]! += run;
    block.fill(alphabet[0]!, length, length + run);
    length += run;
    [run, weight] = [0, 1];
  };
  for (let group = 0, left = 0, table = tables[0]!; ; left--) {
    if (left === 0) {
      const selector = selectors[group++];
      if (selector === undefined) throw damaged('a table is missing');
      table = tables[selector]!;
      left = symbolsPerSelector;
    }
    const symbol = table.read(bits);
    if (symbol < 2) {
      run += weight << symbol;
      weight *= 2;
      if (run > size) throw damaged('a block is too long');
      continue;
    }
    if (run > 0) repeat();
    if (symbol === end) break;
    const [byte] = alphabet.splice(symbol - 1, 1);
    alphabet.unshift(byte!);
    if (length === size) throw damaged('a block is too long');
    counts[byte! + 1]!++;
    block[length++] = byte!;
  }
  if (start >= length) throw damaged('a block begins nowhere');
  // Burrows and Wheeler, backwards: each place is told which one comes after it.
  for (let byte = 1; byte < 257; byte++) counts[byte]! += counts[byte - 1]!;
  for (let at = 0; at < length; at++) block[counts[block[at]! & 0xff]!++]! |= at << 8;
  for (let at = block[start]! >>> 8, left = length; left > 0; left--) {
    const place = block[at]!;
    out.add(place & 0xff);
    at = place >>> 8;
  }
}

// Which bytes there are, in two steps.
function readAlphabet(bits: Bits): number[] {
  const rows = bits.read(16);
  const alphabet: number[] = [];
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const used = bits.read(16);
    for (let column = 0; column < 16; column++) if ((used & (0x8000 >> column)) !== 0) alphabet.push(row * 16 + column);
  }
  if (alphabet.length === 0) throw damaged('a block is empty');
  return alphabet;
}

function readTables(bits: Bits, symbols: number): { tables: CodeTable[]; selectors: number[] } {
  const count = bits.read(3);
  if (count < 2 || count > 6) throw damaged('it has no tables');
  const order = Array.from({ length: count }, (_, at) => at);
  const selectors = Array.from({ length: bits.read(15) }, () => {
    let at = 0;
    while (bits.read(1) === 1) if (++at >= count) throw damaged('a table is missing');
    const [selector] = order.splice(at, 1);
    order.unshift(selector!);
    return selector!;
  });
  const tables = order.map(() => {
    let length = bits.read(5);
    const lengths = Array.from({ length: symbols }, () => {
      while (bits.read(1) === 1) length += bits.read(1) === 1 ? -1 : 1;
      if (length < 1 || length > longestCode) throw damaged('a code is too long');
      return length;
    });
    return new CodeTable(lengths);
  });
  return { tables, selectors };
}

/** A canonical Huffman code. */
class CodeTable {
  readonly #symbols: readonly number[];
  /** By length of a code: the first code beyond it, and how many symbols are before that minus that code. */
  readonly #limits: number[] = [];
  readonly #offsets: number[] = [];

  constructor(lengths: readonly number[]) {
    this.#symbols = [...lengths.keys()].sort((a, b) => lengths[a]! - lengths[b]! || a - b);
    for (let length = 0, code = 0, before = 0; length <= longestCode; length++) {
      const count = lengths.filter((one) => one === length).length;
      this.#offsets[length] = before - code;
      code += count;
      before += count;
      this.#limits[length] = code;
      code *= 2;
    }
  }

  read(bits: Bits): number {
    for (let length = 1, code = bits.read(1); length <= longestCode; length++, code = code * 2 + bits.read(1))
      if (code < this.#limits[length]!) return this.#symbols[code + this.#offsets[length]!]!;
    throw damaged('a code is unknown');
  }
}

class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length;
  }

  align(): void {
    this.#count = 0;
  }

  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 0x10000 + this.read(16);
    while (this.#count < count) {
      if (this.#at >= this.#bytes.length) throw damaged('it ends too early');
      this.#held = ((this.#held << 8) | this.#bytes[this.#at++]!) & 0xffffff;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#held >> this.#count) & (2 ** count - 1);
  }
}

/** Undoes the first step of packing, in which four equal bytes are followed by how many more of them there are. */
class Output {
  readonly #most: number;
  #bytes = Buffer.alloc(4096);
  #length = 0;
  #last = -1;
  #equal = 0;
  #crc = 0xffffffff;

  constructor(most: number) {
    this.#most = most;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(byte: number): void {
    if (this.#equal === 4) {
      for (let left = byte; left > 0; left--) this.#push(this.#last);
      this.#equal = 0;
      this.#last = -1;
      return;
    }
    this.#equal = byte === this.#last ? this.#equal + 1 : 1;
    this.#last = byte;
    this.#push(byte);
  }

  /** The checksum of the block that ends here. */
  endBlock(): number {
    const crc = ~this.#crc >>> 0;
    [this.#crc, this.#last, this.#equal] = [0xffffffff, -1, 0];
    return crc;
  }

  #push(byte: number): void {
    if (this.#length >= this.#most)
      throw Object.assign(new RangeError(`it unpacks to more than ${this.#most} bytes`), {
        code: 'ERR_BUFFER_TOO_LARGE',
      });
    if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    this.#bytes[this.#length++] = byte;
    this.#crc = (this.#crc << 8) ^ crcTable[(this.#crc >>> 24) ^ byte]!;
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

function damaged(what: string): Error {
  return new Error(`bzip2: ${what}`);
}
