import type { Random } from '../../support/random.ts';
import { frame, type Header, headerBlock, preface } from '../http2-wire.ts';

/** Bytes that go over a connection of HTTP/2, and are no conversation. */
export interface BadFrames {
  readonly kind: 'http2';
  readonly name: string;
  readonly bytes: Buffer;
  readonly key: string;
}

const [data, headers, priority, reset, settings, push, ping, goaway, windowUpdate, continuation] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
] as const;
const endStream = 1;
const endHeaders = 4;
const padded = 8;
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([id >> 8, id & 255]), u32(value)]);
const none = Buffer.alloc(0);

const get: readonly Header[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'corpus'],
  [':path', '/items/1'],
];
const post: readonly Header[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'corpus'],
  [':path', '/json/strict'],
  ['content-type', 'application/json'],
];

/** Heads that no request may have. */
const wrongHeads: readonly (readonly Header[])[] = [
  [],
  get.slice(1),
  get.slice(0, 3),
  get.filter(([name]) => name !== ':scheme'),
  [...get, [':path', '/bearer']],
  [...get, [':status', '200']],
  [...get, [':unknown', 'x']],
  [['x-first', '1'], ...get],
  [...get, ['X-Upper', '1']],
  [...get, ['', '1']],
  [...get, ['x y', '1']],
  [...get, ['x', 'a\r\nx-injected: 1']],
  [...get, ['x', 'a\0b']],
  [...get, ['x', ' a ']],
  [...get, ['connection', 'close']],
  [...get, ['transfer-encoding', 'chunked']],
  [...get, ['upgrade', 'h2c']],
  [...get, ['keep-alive', '5']],
  [...get, ['te', 'gzip']],
  [...get, ['proxy-connection', 'x']],
  [...get, ['host', 'other']],
  [...get, ['content-length', '5']],
  [...get, ['content-length', '-1']],
  [...get, ['content-length', '1'], ['content-length', '2']],
  [[':method', ''], ...get.slice(1)],
  [[':method', 'GET /x'], ...get.slice(1)],
  [[':method', 'CONNECT'], ...get.slice(1)],
  [
    [':method', 'CONNECT'],
    [':authority', 'corpus:443'],
  ],
  [...get.slice(0, 3), [':path', '']],
  [...get.slice(0, 3), [':path', 'items/1']],
  [...get.slice(0, 3), [':path', '*']],
  [...get.slice(0, 3), [':path', '/a b']],
  [...get.slice(0, 3), [':path', '/\0']],
  [...get.slice(0, 3), [':path', '/\r\nx: 1']],
  [...get.slice(0, 3), [':path', 'http://corpus/bearer']],
  [...get.slice(0, 3), [':path', '//evil/']],
  [...get.slice(0, 2), [':authority', ''], [':path', '/items/1']],
  [...get.slice(0, 2), [':authority', 'a@b'], [':path', '/items/1']],
  [[':method', 'GET'], [':scheme', 'javascript'], ...get.slice(2)],
  [...get, [':protocol', 'websocket']],
  [...get, ['cookie', 'a=1'], ['cookie', 'b=2'], ['cookie', '']],
  [...get, ...Array.from({ length: 150 }, (_, at): Header => [`h${at}`, 'x'])],
  [...get, ['x', 'v'.repeat(15_000)]],
  [...get, ...Array.from({ length: 20 }, (_, at): Header => [`h${at}`, 'v'.repeat(700)])],
];

/** Sequences of frames by what is wrong with them. Floods are small: they are for the guards, not for the machine. */
export function http2Frames(random: Random): BadFrames[] {
  const made: BadFrames[] = [];
  const bare = (name: string, bytes: Buffer): void =>
    void made.push({ kind: 'http2', name, bytes, key: bytes.toString('latin1') });
  const add = (name: string, ...frames: readonly Buffer[]): void => {
    bare(name, Buffer.concat([preface, frame(settings, 0, 0, none), ...frames]));
  };
  const head = headerBlock(get);
  const open = headerBlock(post);
  const ask = (stream: number): Buffer => frame(headers, endStream | endHeaders, stream, head);
  const begin = (stream: number): Buffer => frame(headers, endHeaders, stream, open);

  bare('a preface that is cut', preface.subarray(0, 10));
  bare('a preface with a mistake', Buffer.concat([preface.subarray(0, 20), Buffer.from('XXXX')]));
  bare('HTTP/1.1', Buffer.from('GET /items/1 HTTP/1.1\r\nhost: corpus\r\n\r\n'));
  bare('no settings', Buffer.concat([preface, ask(1)]));
  bare('a preface twice', Buffer.concat([preface, frame(settings, 0, 0, none), preface]));
  bare('nothing but the preface', preface);
  bare('zeros', Buffer.alloc(1000));

  for (const [at, wrong] of wrongHeads.entries()) {
    add(`head ${at}`, frame(headers, endStream | endHeaders, 1, headerBlock(wrong)));
    add(
      `head ${at} with a body`,
      frame(headers, endHeaders, 1, headerBlock(wrong)),
      frame(data, endStream, 1, Buffer.from('{"a":1}')),
    );
  }
  for (const type of [data, headers, priority, reset, push, windowUpdate, continuation, 10, 11, 200])
    for (const stream of [0, 1, 2, 3, 0x7fffffff])
      for (const length of [0, 5])
        add(`type ${type} of ${length} bytes on stream ${stream}`, frame(type, 0, stream, Buffer.alloc(length)));
  for (const [id, value] of [
    [1, 0xffffffff],
    [2, 2],
    [2, 0xffffffff],
    [3, 0],
    [4, 0x80000000],
    [4, 0],
    [5, 0],
    [5, 0xffffffff],
    [6, 0],
    [8, 2],
    [999, 1],
  ] as const)
    add(`setting ${id} of ${value}`, frame(settings, 0, 0, setting(id, value)), ask(1));
  add('settings of five bytes', frame(settings, 0, 0, Buffer.alloc(5)));
  add('settings on a stream', frame(settings, 0, 1, none));
  add('an answer to settings with bytes', frame(settings, 1, 0, setting(1, 1)));
  add('an answer to settings nobody has sent', frame(settings, 1, 0, none), frame(settings, 1, 0, none), ask(1));
  add('a ping of seven bytes', frame(ping, 0, 0, Buffer.alloc(7)));
  add('a ping on a stream', frame(ping, 0, 1, Buffer.alloc(8)));
  add('an answer to no ping', frame(ping, 1, 0, Buffer.alloc(8)));
  add('a farewell, then a request', frame(goaway, 0, 0, Buffer.alloc(8)), ask(1));
  add('a farewell of three bytes', frame(goaway, 0, 0, Buffer.alloc(3)));
  add('a window of nothing', frame(windowUpdate, 0, 0, u32(0)));
  add('a window of a stream of nothing', begin(1), frame(windowUpdate, 0, 1, u32(0)));
  add(
    'a window beyond its end',
    frame(windowUpdate, 0, 0, u32(0x7fffffff)),
    frame(windowUpdate, 0, 0, u32(0x7fffffff)),
  );
  add(
    'a window of a stream beyond its end',
    begin(1),
    frame(windowUpdate, 0, 1, u32(0x7fffffff)),
    frame(windowUpdate, 0, 1, u32(0x7fffffff)),
  );
  add('a priority upon itself', frame(priority, 0, 1, Buffer.concat([u32(1), Buffer.from([0])])), ask(1));
  add('a priority of four bytes', frame(priority, 0, 1, u32(1)));
  add('a promise of a client', frame(push, endHeaders, 1, Buffer.concat([u32(2), head])));
  add('an even stream', ask(2));
  add('a lower stream', ask(5), ask(3));
  add('the same stream', ask(1), ask(1));
  add('stream nothing', frame(headers, endStream | endHeaders, 0, head));
  add('a frame that is too long', frame(data, 0, 1, Buffer.alloc(20_000)));
  add('a length without bytes', frame(headers, endHeaders, 1, head).subarray(0, 20));
  add('data before a head', frame(data, endStream, 1, Buffer.from('x')));
  add(
    'data after the end',
    frame(headers, endStream | endHeaders, 1, head),
    frame(data, endStream, 1, Buffer.from('x')),
  );
  add('data after a reset', begin(1), frame(reset, 0, 1, u32(8)), frame(data, endStream, 1, Buffer.from('x')));
  add('a head after the end', ask(1), frame(headers, endStream | endHeaders, 1, head));
  add(
    'trailers that do not end',
    begin(1),
    frame(data, 0, 1, Buffer.from('{"a":1}')),
    frame(headers, endHeaders, 1, headerBlock([['x', '1']])),
  );
  add(
    'trailers',
    begin(1),
    frame(data, 0, 1, Buffer.from('{"a":1}')),
    frame(headers, endStream | endHeaders, 1, headerBlock([['x', '1']])),
  );
  add(
    'trailers that are a head',
    begin(1),
    frame(data, 0, 1, Buffer.from('{"a":1}')),
    frame(headers, endStream | endHeaders, 1, head),
  );
  add(
    'padding longer than its frame',
    frame(headers, endStream | endHeaders | padded, 1, Buffer.concat([Buffer.from([255]), head])),
  );
  add(
    'data that is padding',
    begin(1),
    frame(data, endStream | padded, 1, Buffer.concat([Buffer.from([10]), Buffer.alloc(10)])),
  );
  add('padding longer than data', begin(1), frame(data, endStream | padded, 1, Buffer.from([200, 1, 2])));
  add(
    'a head in two pieces',
    frame(headers, endStream, 1, head.subarray(0, 5)),
    frame(continuation, endHeaders, 1, head.subarray(5)),
  );
  add(
    'a head with another frame inside',
    frame(headers, endStream, 1, head.subarray(0, 5)),
    frame(ping, 0, 0, Buffer.alloc(8)),
    frame(continuation, endHeaders, 1, head.subarray(5)),
  );
  add(
    'a head with a piece for another stream',
    frame(headers, endStream, 1, head.subarray(0, 5)),
    frame(continuation, endHeaders, 3, head.subarray(5)),
  );
  add('a head that never ends', frame(headers, endStream, 1, head.subarray(0, 5)));
  add('a piece without a head', frame(continuation, endHeaders, 1, head));
  for (const [what, block] of [
    ['an index of nothing', [0x80]],
    ['an index beyond the table', [0xff, 0xff, 0xff, 0x0f]],
    ['an index without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a table larger than allowed', [0x3f, 0xff, 0xff, 0xff, 0x0f]],
    ['a change of the table at the end', [0x82, 0x20]],
    ['a cut literal', [0x40, 0x0a, 0x78]],
    ['wrong letters of Huffman', [0x40, 0x81, 0xff, 0x81, 0xff]],
    ['padding of Huffman that is too long', [0x40, 0x01, 0x78, 0x82, 0xff, 0xff]],
    ['nothing', []],
  ] as const)
    add(`a block with ${what}`, frame(headers, endStream | endHeaders, 1, Buffer.from(block)));

  for (const length of [0, 3, 100])
    add(
      `a length of ${length} and a body of seven`,
      frame(headers, endHeaders, 1, headerBlock([...post, ['content-length', String(length)]])),
      frame(data, endStream, 1, Buffer.from('{"a":1}')),
    );
  for (const code of [0, 1, 2, 7, 8, 11, 999]) add(`a reset for ${code}`, begin(1), frame(reset, 0, 1, u32(code)));
  for (const path of ['/export', '/lines?count=20000', '/ticks', '/slow', '/tasks', '/nowhere', '/docs']) {
    const asked = frame(headers, endStream | endHeaders, 1, headerBlock([...get.slice(0, 3), [':path', path]]));
    add(`${path}, then a reset`, asked, frame(reset, 0, 1, u32(8)));
    add(`${path} without a window`, frame(settings, 0, 0, setting(4, 0)), asked);
    add(`${path} with a window of a byte`, frame(settings, 0, 0, setting(4, 1)), asked);
  }
  const many = (count: number, one: (at: number) => Buffer): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, at) => one(at)));
  add(
    'requests that are reset',
    many(300, (at) => Buffer.concat([ask(2 * at + 1), frame(reset, 0, 2 * at + 1, u32(8))])),
  );
  add(
    'more streams than allowed',
    many(150, (at) => begin(2 * at + 1)),
  );
  add(
    'requests',
    many(90, (at) => ask(2 * at + 1)),
  );
  add(
    'pings',
    many(1500, () => frame(ping, 0, 0, Buffer.alloc(8))),
  );
  add(
    'settings again and again',
    many(1500, () => frame(settings, 0, 0, none)),
  );
  add(
    'priorities',
    many(1500, (at) => frame(priority, 0, 2 * at + 1, Buffer.concat([u32(0), Buffer.from([1])]))),
  );
  add(
    'windows',
    many(1500, () => frame(windowUpdate, 0, 0, u32(1))),
  );
  add(
    'empty data',
    begin(1),
    many(1500, () => frame(data, 0, 1, none)),
  );
  add(
    'pieces of a head',
    frame(headers, endStream, 1, head),
    many(100, () => frame(continuation, 0, 1, headerBlock([['x', 'y'.repeat(500)]]))),
  );
  add(
    'empty pieces of a head',
    frame(headers, endStream, 1, head),
    many(1500, () => frame(continuation, 0, 1, none)),
  );
  add(
    'unknown frames',
    many(1500, () => frame(77, 0, 0, Buffer.from('x'))),
  );
  add(
    'one indexed header again and again',
    frame(
      headers,
      endStream | endHeaders,
      1,
      Buffer.concat([head, headerBlock([['x', 'v'.repeat(3000)]], true), Buffer.alloc(3000, 0xbe)]),
    ),
  );

  for (let at = 0; at < 60; at++) {
    const frames = Array.from({ length: 1 + random.below(8) }, () =>
      frame(
        random.below(12),
        random.pick([0, 1, 4, 5, 8, 32, 255]),
        random.pick([0, 1, 1, 2, 3, 5]),
        random.pick([none, head, open, u32(random.below(2 ** 31)), Buffer.alloc(8), Buffer.from('{"a":1}')]),
      ),
    );
    add(`frames at random ${at}`, ...frames);
  }
  return made;
}
