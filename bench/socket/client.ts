// The clients of the benchmark, all in one process on the load's core, told by messages of the process what to do (load-clients.ts). TCP
// connections that speak no more of RFC 6455 than they have to: frames are made once, answers compared as bytes, nothing is allocated
// for each message. So it is the server that has no time left, and not the load.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Ask, Echoed, Heard } from './load-clients.ts';

const connectingAtOnce = 100;
const buffer = Buffer.allocUnsafe(65_536);
const headEnd = Buffer.from('\r\n\r\n');
const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

function frame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const { length } = payload;
  const head = length < 126 ? Buffer.of(0, 0x80 | length) : Buffer.of(0, 0x80 | 126, length >> 8, length & 0xff);
  head[0] = 0x80 | opcode;
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at & 3]!)]);
}

/** A frame as a server sends it. */
function plainFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** One client: a connection, and what it does with what comes. */
class Client {
  readonly #socket: Socket;
  readonly #isStream: boolean;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #opened = Promise.withResolvers<void>();
  /** Bytes that are known: told without looking further. */
  known: Buffer | undefined;
  onKnown: (client: Client) => void = () => {};
  /** A message, or of an event stream a piece of it. */
  onMessage: (payload: Buffer) => void = () => {};
  sentAt = 0;
  /** What a protocol above the frames asks and wants to hear, to know that the client is there. */
  beat: { readonly ping: string; readonly pong: string } | undefined;

  constructor(url: URL, isStream: boolean) {
    this.#isStream = isStream;
    const read = (count: number): boolean => {
      this.#read(count);
      return true;
    };
    this.#socket = connect({
      port: Number(url.port),
      host: url.hostname,
      noDelay: true,
      onread: { buffer, callback: read },
    });
    const upgrade = isStream
      ? 'accept: text/event-stream'
      : `connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}`;
    this.#socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${upgrade}\r\n\r\n`);
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the server has closed the connection'));
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  #fail(why: string): void {
    if (this.#isOpen) fail(why);
    else this.#opened.reject(new Error(why));
  }

  #read(count: number): void {
    const { known } = this;
    if (known !== undefined && count === known.length && this.#rest.length === 0) {
      if (buffer.compare(known, 0, count, 0, count) === 0) {
        this.onKnown(this);
        return;
      }
    }
    // Copied: the next connection reads into the same bytes.
    let bytes = Buffer.concat([this.#rest, buffer.subarray(0, count)]);
    if (!this.#isOpen) {
      const end = bytes.indexOf(headEnd);
      this.#rest = bytes;
      if (end < 0) return;
      const status = bytes.toString('latin1', 9, 12);
      if (status !== (this.#isStream ? '200' : '101')) {
        this.#opened.reject(new Error(`refused with ${status}`));
        return;
      }
      bytes = bytes.subarray(end + headEnd.length);
      this.#isOpen = true;
      this.#opened.resolve();
    }
    this.#rest = this.#isStream ? this.#takeStream(bytes) : this.#takeFrames(bytes);
  }

  #isPing(payload: Buffer): boolean {
    return this.beat !== undefined && payload.length === this.beat.ping.length && payload.toString() === this.beat.ping;
  }

  #takeStream(bytes: Buffer): Buffer {
    if (bytes.length > 0) this.onMessage(bytes);
    return Buffer.alloc(0);
  }

  #takeFrames(bytes: Buffer): Buffer {
    for (let at = 0; ; ) {
      if (bytes.length < at + 2) return bytes.subarray(at);
      const short = bytes[at + 1]! & 0x7f;
      if (short === 127 || (short === 126 && bytes.length < at + 4)) return bytes.subarray(at);
      const from = at + (short === 126 ? 4 : 2);
      const to = from + (short === 126 ? bytes.readUInt16BE(at + 2) : short);
      if (bytes.length < to) return bytes.subarray(at);
      const opcode = bytes[at]! & 0xf;
      const payload = bytes.subarray(from, to);
      if (opcode === opcodes.ping) this.write(frame(opcodes.pong, payload));
      else if (opcode === opcodes.close)
        this.#fail(`the server has closed with ${payload.length < 2 ? 1005 : payload.readUInt16BE(0)}`);
      else if (this.#isPing(payload)) this.write(frame(opcodes.text, Buffer.from(this.beat!.pong)));
      else this.onMessage(payload);
      at = to;
    }
  }
}

const clients: Client[] = [];
let fail = (why: string): void => {
  throw new Error(why);
};

async function open({ url, count, isStream, greeting }: Extract<Ask, { do: 'open' }>): Promise<null> {
  const address = new URL(url);
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const client = new Client(address, isStream ?? false);
      const greeted = Promise.withResolvers<void>();
      if (greeting !== undefined) {
        client.beat = greeting.beat;
        client.onMessage = (payload) => {
          if (payload.toString().startsWith(greeting.answer)) greeted.resolve();
        };
      }
      await client.opened;
      if (greeting !== undefined) {
        client.write(frame(opcodes.text, Buffer.from(greeting.text)));
        await greeted.promise;
        client.onMessage = () => {};
      }
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, connectingAtOnce) }, lane));
  return null;
}

// Latencies are counted by steps of 10 µs, up to a second.
const step = 0.01;
const steps = 100_000;

async function echo({ message, seconds, warmUp }: Extract<Ask, { do: 'echo' }>): Promise<Echoed> {
  const sent = frame(opcodes.text, Buffer.from(message));
  const known = plainFrame(Buffer.from(message));
  const latencies = new Uint32Array(steps);
  const done = Promise.withResolvers<void>();
  let failure: string | undefined;
  let isOver = false;
  let inFlight = clients.length;
  let messages = 0;
  let all = 0;
  fail = (why) => {
    failure = why;
    done.resolve();
  };
  const told = (client: Client): void => {
    const now = performance.now();
    messages++;
    all++;
    const at = ((now - client.sentAt) / step) | 0;
    latencies[at < steps ? at : steps - 1]!++;
    client.sentAt = now;
    if (!isOver) client.write(sent);
    else if (--inFlight === 0) done.resolve();
  };
  for (const client of clients) {
    client.known = known;
    client.onKnown = told;
    // A frame that came in two pieces.
    client.onMessage = (payload) => {
      if (payload.toString() === message) told(client);
      else fail(`the answer is ${payload}`);
    };
    client.sentAt = performance.now();
    client.write(sent);
  }
  await new Promise((resolve) => setTimeout(resolve, warmUp * 1000));
  messages = 0;
  latencies.fill(0);
  const cpu = process.cpuUsage();
  const from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const elapsed = (performance.now() - from) / 1000;
  const used = process.cpuUsage(cpu);
  const found = {
    messages,
    elapsed,
    p50: percentile(latencies, messages, 0.5),
    p99: percentile(latencies, messages, 0.99),
    clientShare: (used.user + used.system) / 1e6 / elapsed,
  };
  isOver = true;
  const late = setTimeout(() => fail('answers are missing'), 5000);
  if (failure === undefined) await done.promise;
  clearTimeout(late);
  if (failure !== undefined) throw new Error(failure);
  return { ...found, all };
}

function percentile(latencies: Uint32Array, count: number, share: number): number {
  let left = count * share;
  const at = latencies.findIndex((many) => (left -= many) <= 0);
  return (at + 0.5) * step;
}

let heard: Promise<Heard> | undefined;

// An event ends with the marker, and comes in one piece: it is smaller than a segment.
function listen({ marker }: Extract<Ask, { do: 'listen' }>): null {
  const end = Buffer.from(marker);
  const all = Promise.withResolvers<Heard>();
  const cpu = process.cpuUsage();
  let left = clients.length;
  fail = (why) => all.reject(new Error(why));
  for (const client of clients) {
    client.onMessage = (payload) => {
      if (!payload.includes(end)) return;
      client.onMessage = () => {};
      if (--left > 0) return;
      const at = String(process.hrtime.bigint());
      const used = process.cpuUsage(cpu);
      all.resolve({ at, clientMs: (used.user + used.system) / 1000 });
    };
  }
  const late = setTimeout(() => all.reject(new Error(`${left} clients have heard nothing`)), 20_000);
  heard = all.promise.finally(() => clearTimeout(late));
  heard.catch(() => {});
  return null;
}

async function answer(ask: Ask): Promise<unknown> {
  switch (ask.do) {
    case 'open':
      return await open(ask);
    case 'echo':
      return await echo(ask);
    case 'listen':
      return listen(ask);
    case 'heard':
      return await heard;
  }
}

process.on('message', (ask: Ask) => {
  answer(ask).then(
    (value) => process.send?.({ value }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.once('disconnect', () => process.exit());
