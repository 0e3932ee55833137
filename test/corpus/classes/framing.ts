import { type BadInput, raw } from '../bad-input.ts';

const kind = 'framing';
const hidden = 'GET /smuggled HTTP/1.1\r\nhost: corpus\r\n\r\n';
const body = '{"a":1}';
const routes = ['/json/strict', '/form', '/bearer', '/nowhere'];

/** Lengths and encodings that contradict each other, or mean nothing. */
const lengths: readonly string[] = [
  'content-length: -1',
  'content-length: +7',
  'content-length: 7 ',
  'content-length: 7, 7',
  'content-length: 7\r\ncontent-length: 7',
  'content-length: 7\r\ncontent-length: 8',
  'content-length: 0x7',
  'content-length: 7e0',
  'content-length: 1_0',
  'content-length: 7.0',
  'content-length:',
  'content-length: a',
  'content-length: 99999999999999999999',
  'content-length: 18446744073709551623',
  'content-length: ٧',
  'content-length : 7',
  ' content-length: 7',
  'content-length: 7\0',
  'content\0-length: 7',
  'content-length:\t7\t',
  'content_length: 7\r\ncontent-length: 0',
  'content-length: 7\r\ntransfer-encoding: chunked',
  'transfer-encoding: chunked\r\ncontent-length: 7',
  'transfer-encoding: chunked, identity',
  'transfer-encoding: identity, chunked',
  'transfer-encoding: identity',
  'transfer-encoding: gzip',
  'transfer-encoding: gzip, chunked',
  'transfer-encoding: chunked, chunked',
  'transfer-encoding: chunked\r\ntransfer-encoding: chunked',
  'transfer-encoding: chunked\r\ntransfer-encoding: identity',
  'transfer-encoding: xchunked',
  'transfer-encoding: "chunked"',
  'transfer-encoding: chunked;q=1',
  'transfer-encoding:\x0bchunked',
  'transfer-encoding: \0chunked',
  'transfer-encoding : chunked',
  'transfer-encoding\t: chunked',
  'transfer-encoding:\r\n chunked',
  'transfer-encoding: CHUNKED\r\ncontent-length: 4',
  'Transfer-Encoding: chunKed',
  'transfer-encoding: chunked\rcontent-length: 4',
  'x: y\ntransfer-encoding: chunked',
  'x: y\rtransfer-encoding: chunked',
  'expect: 100-continue\r\ncontent-length: 7',
  'expect: 200-maybe\r\ncontent-length: 7',
  'expect: 100-continue\r\ntransfer-encoding: chunked',
  'upgrade: websocket\r\nconnection: upgrade\r\ncontent-length: 7',
  'upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQAAP__',
  'connection: content-length\r\ncontent-length: 7',
  'trailer: content-length\r\ntransfer-encoding: chunked',
  'content-encoding: gzip\r\ncontent-length: 7',
  'content-encoding: nonsense\r\ncontent-length: 7',
];

// What follows a body whose length is plain is a request like any other.
const isPlain = (head: string): boolean => /^(?!.*transfer)(?:.*\n)?content-length:[\t ]*7[\t ]*$/s.test(head);

/** Bodies in chunks that are none. */
const chunks: readonly string[] = [
  '0\r\n\r\n',
  '7\r\n{"a":1}\r\n0\r\n\r\n',
  '7\r\n{"a":1}0\r\n\r\n',
  '8\r\n{"a":1}\r\n0\r\n\r\n',
  '6\r\n{"a":1}\r\n0\r\n\r\n',
  '-7\r\n{"a":1}\r\n0\r\n\r\n',
  '+7\r\n{"a":1}\r\n0\r\n\r\n',
  '0x7\r\n{"a":1}\r\n0\r\n\r\n',
  '7 \r\n{"a":1}\r\n0\r\n\r\n',
  ' 7\r\n{"a":1}\r\n0\r\n\r\n',
  '7;\r\n{"a":1}\r\n0\r\n\r\n',
  '7;a=b\r\n{"a":1}\r\n0\r\n\r\n',
  '7;a="\r\n"\r\n{"a":1}\r\n0\r\n\r\n',
  '7;a=b\n{"a":1}\r\n0\r\n\r\n',
  '7\n{"a":1}\n0\n\n',
  '7\r{"a":1}\r0\r\r',
  '\r\n7\r\n{"a":1}\r\n0\r\n\r\n',
  '7\r\n{"a":1}\r\n\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n{"a":1}\r\n0\r\n\r\n',
  '10000000000000007\r\n{"a":1}\r\n0\r\n\r\n',
  '7fffffff\r\n{"a":1}\r\n',
  'zz\r\n{"a":1}\r\n0\r\n\r\n',
  '\r\n\r\n',
  '7\r\n{"a":1}\r\n0\r\ncontent-length: 9\r\n\r\n',
  '7\r\n{"a":1}\r\n0\r\nx-injected: 1\r\n\r\n',
  '7\r\n{"a":1}\r\n0\r\ntransfer-encoding: chunked\r\n\r\n',
  '7\r\n{"a":1}\r\n0\r\n: empty\r\n\r\n',
  '7\r\n{"a":1}\r\n0\r\nx\0y: 1\r\n\r\n',
  '7\r\n{"a":1}\r\n00000\r\n\r\n',
  '7\r\n{"a":1}\r\n0;x\r\n\r\n',
  `7;${'e'.repeat(20_000)}\r\n{"a":1}\r\n0\r\n\r\n`,
  `7\r\n{"a":1}\r\n0\r\n${'t: 1\r\n'.repeat(3000)}\r\n`,
  `${'1\r\n1\r\n'.repeat(5000)}0\r\n\r\n`,
  `${'0'.repeat(30)}7\r\n{"a":1}\r\n0\r\n\r\n`,
  '7\r\n{"a":1}',
  '7',
];

/** Inputs whose framing is wrong: where a body ends, and where the next request begins. */
export function framing(): BadInput[] {
  const json = 'content-type: application/json';
  const post = (path: string, head: string, rest: string): string =>
    `POST ${path} HTTP/1.1\r\nhost: corpus\r\n${json}\r\n${head}\r\n\r\n${rest}`;
  return [
    ...lengths.flatMap((head, at) =>
      routes
        .slice(0, 2)
        .map((path) => raw(kind, `length ${at} to ${path}`, post(path, head, `${body}${isPlain(head) ? '' : hidden}`))),
    ),
    ...chunks.flatMap((text, at) => {
      const cut = at >= chunks.length - 2 || /^(?:7fffffff|f{16})/.test(text);
      return routes.map((path) =>
        raw(
          kind,
          `chunks ${at} to ${path}`,
          post(path, 'transfer-encoding: chunked', text),
          cut ? { manner: 'stalls' } : {},
        ),
      );
    }),
    ...[
      'content-length: 7',
      'transfer-encoding: chunked',
      'content-length: 2000000',
      'content-length: 1048577',
    ].flatMap((head) =>
      [...routes, '/hasty', '/hasty/form', '/upload', '/signed', '/work', '/notes'].flatMap((path) => [
        raw(kind, `a stalled body, ${head}, to ${path}`, post(path, head, head.startsWith('t') ? '5\r\n{"' : '{"'), {
          manner: 'stalls',
          own: path.startsWith('/hasty') ? [504] : [],
        }),
        raw(kind, `a body cut off, ${head}, to ${path}`, post(path, head, head.startsWith('t') ? '5\r\n{"a' : '{"a'), {
          manner: 'leaves',
        }),
      ]),
    ),
    ...['GET', 'HEAD', 'DELETE', 'OPTIONS'].map((method) =>
      raw(
        kind,
        `${method} with a body that is a request`,
        `${method} /items/1 HTTP/1.1\r\nhost: corpus\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`,
      ),
    ),
    ...routes.map((path) =>
      raw(
        kind,
        `a pipeline behind ${path}`,
        `${post(path, 'content-length: 7', body)}GET /items/2 HTTP/1.1\r\nhost: corpus\r\n\r\n`,
      ),
    ),
    raw(kind, 'a pipeline of fifty', 'GET /items/1 HTTP/1.1\r\nhost: corpus\r\n\r\n'.repeat(50)),
    raw(kind, 'blank lines before', '\r\n\r\n\r\nGET /items/1 HTTP/1.1\r\nhost: corpus\r\n\r\n'),
    raw(kind, 'nothing but line breaks', '\r\n'.repeat(2000), { manner: 'stalls' }),
    raw(kind, 'nothing', '', { manner: 'leaves' }),
    raw(kind, 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', { manner: 'stalls' }),
    raw(kind, 'the greeting of TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', { manner: 'stalls' }),
    raw(kind, 'bytes of a picture', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
  ];
}
