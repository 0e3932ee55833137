import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { App, file } from '../../../src/index.ts';
import { type RealRequest, type RealResponse, sendRequest } from '../../support/send-request.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder('conditions');
const bytes = '0123456789abcdefghij';
writeFileSync(join(folder, 'a.txt'), bytes);
writeFileSync(join(folder, 'empty.txt'), '');
// Past the second, so that it is cut off.
const modified = new Date('2026-03-01T10:00:00.700Z');
utimesSync(join(folder, 'a.txt'), modified, modified);

const same = 'Sun, 01 Mar 2026 10:00:00 GMT';
const before1 = 'Sun, 01 Mar 2026 09:59:59 GMT';
const later = 'Sun, 01 Mar 2026 10:00:01 GMT';

const app = new App({ logger: false });
app.static('/files', folder);
app.get('/answer', () => file(join(folder, 'a.txt')));
app.post('/answer', () => file(join(folder, 'a.txt')));
app.get('/created', { status: 201 }, () => file(join(folder, 'a.txt')));
app.get('/lost', { status: 404 }, () => file(join(folder, 'a.txt')));
app.get('/set', (_, ctx) => {
  ctx.setStatus(202);
  return file(join(folder, 'a.txt'));
});
app.get('/weak', () => file(join(folder, 'a.txt'), { headers: { etag: 'W/"w"' } }));

let address = '';
let etag = '';
before(async () => {
  address = await app.listen({ port: 0 });
  etag = String((await ask({})).headers.etag);
});
after(() => app.close());

function ask(headers: Record<string, string>, path = '/files/a.txt', more: RealRequest = {}): Promise<RealResponse> {
  // The tag is known once the app runs.
  const said = Object.entries(headers).map(([name, value]) => [name, value.replace('TAG', etag)]);
  return sendRequest(address, path, { ...more, headers: Object.fromEntries(said) });
}

// RFC 9110, 13: the headers of a request, and the status.
const conditions: readonly (readonly [string, Record<string, string>, number])[] = [
  ['nothing is asked', {}, 200],
  // 13.1.1
  ['If-Match names the tag', { 'if-match': 'TAG' }, 200],
  ['If-Match names it among others', { 'if-match': '"x", TAG , "y"' }, 200],
  ['If-Match is a star', { 'if-match': '*' }, 200],
  ['If-Match names another', { 'if-match': '"x"' }, 412],
  ['If-Match compares strongly', { 'if-match': 'W/TAG' }, 412],
  ['If-Match is no list of tags', { 'if-match': 'x' }, 412],
  // 13.1.2
  ['If-None-Match names the tag', { 'if-none-match': 'TAG' }, 304],
  ['If-None-Match names it among others', { 'if-none-match': '"x",TAG' }, 304],
  ['If-None-Match compares weakly', { 'if-none-match': 'W/TAG' }, 304],
  ['If-None-Match is a star', { 'if-none-match': '*' }, 304],
  ['If-None-Match names another', { 'if-none-match': '"x", W/"y"' }, 200],
  // 13.1.3
  ['If-Modified-Since is when it was modified', { 'if-modified-since': same }, 304],
  ['If-Modified-Since is later', { 'if-modified-since': later }, 304],
  ['If-Modified-Since is earlier', { 'if-modified-since': before1 }, 200],
  ['If-Modified-Since is in the form of RFC 850', { 'if-modified-since': 'Sunday, 01-Mar-26 10:00:00 GMT' }, 304],
  ['… and earlier', { 'if-modified-since': 'Sunday, 01-Mar-26 09:59:59 GMT' }, 200],
  ['If-Modified-Since is in the form of asctime', { 'if-modified-since': 'Sun Mar  1 10:00:00 2026' }, 304],
  ['… and earlier still', { 'if-modified-since': 'Sun Mar  1 09:59:59 2026' }, 200],
  ['If-Modified-Since is no date of HTTP', { 'if-modified-since': '2027-01-01' }, 200],
  ['If-Modified-Since is nothing', { 'if-modified-since': 'x' }, 200],
  ['If-Modified-Since is a day that is none', { 'if-modified-since': 'Sun, 77 Mar 2026 10:00:00 GMT' }, 200],
  ['If-None-Match goes before If-Modified-Since', { 'if-none-match': '"x"', 'if-modified-since': same }, 200],
  ['… where it names the tag as well', { 'if-none-match': 'TAG', 'if-modified-since': before1 }, 304],
  // 13.1.4
  ['If-Unmodified-Since is when it was modified', { 'if-unmodified-since': same }, 200],
  ['If-Unmodified-Since is later', { 'if-unmodified-since': later }, 200],
  ['If-Unmodified-Since is earlier', { 'if-unmodified-since': before1 }, 412],
  ['If-Unmodified-Since is no date', { 'if-unmodified-since': 'x' }, 200],
  ['If-Match goes before If-Unmodified-Since', { 'if-match': 'TAG', 'if-unmodified-since': before1 }, 200],
  ['… where it does not match as well', { 'if-match': '"x"', 'if-unmodified-since': later }, 412],
  // 13.2.2
  ['If-Match is looked at before If-None-Match', { 'if-match': '"x"', 'if-none-match': 'TAG' }, 412],
  ['both match', { 'if-match': 'TAG', 'if-none-match': 'TAG' }, 304],
  ['If-Unmodified-Since before If-Modified-Since', { 'if-unmodified-since': before1, 'if-modified-since': same }, 412],
  ['conditions go before ranges', { 'if-none-match': 'TAG', range: 'bytes=0-1' }, 304],
  ['… a 412 too', { 'if-match': '"x"', range: 'bytes=0-1' }, 412],
  ['a condition that holds leaves the range', { 'if-match': 'TAG', range: 'bytes=0-1' }, 206],
  // 13.1.5
  ['If-Range names the tag', { 'if-range': 'TAG', range: 'bytes=0-1' }, 206],
  ['If-Range names another', { 'if-range': '"x"', range: 'bytes=0-1' }, 200],
  ['If-Range compares strongly', { 'if-range': 'W/TAG', range: 'bytes=0-1' }, 200],
  ['If-Range is when it was modified', { 'if-range': same, range: 'bytes=0-1' }, 206],
  ['If-Range is later', { 'if-range': later, range: 'bytes=0-1' }, 200],
  ['If-Range is nothing', { 'if-range': 'x', range: 'bytes=0-1' }, 200],
  ['If-Range goes before a range that is not there', { 'if-range': '"x"', range: 'bytes=90-' }, 200],
  ['If-Range without a range', { 'if-range': '"x"' }, 200],
];

for (const [name, headers, status] of conditions)
  for (const path of ['/files/a.txt', '/answer'])
    test(`${path}: ${name}: ${status}`, async () => {
      const response = await ask(headers, path);
      assert.equal(response.status, status);
      if (status === 412) assert.deepEqual(response.json(), { detail: 'Precondition Failed' });
      if (status >= 400) return;
      assert.equal(response.headers.etag, etag);
      assert.equal(response.headers['last-modified'], same);
      assert.equal(response.headers['content-type'], status === 304 ? undefined : 'text/plain; charset=utf-8');
      assert.equal(response.text, { 200: bytes, 206: '01', 304: '' }[status]);
    });

for (const [name, headers, status] of conditions.filter(([, headers]) => headers['range'] === undefined))
  test(`HEAD: ${name}: ${status}`, async () => {
    const response = await ask(headers, '/files/a.txt', { method: 'HEAD' });
    assert.equal(response.status, status);
    assert.equal(response.text, '');
    if (status === 200) assert.equal(response.headers['content-length'], String(bytes.length));
  });

/** Status, then `content-range` or, of several, the parts; the text of what was sent. */
type Ranged = readonly [string, number, string | undefined, string];

// RFC 9110, 14.1.2 and 14.2.
const ranges: readonly Ranged[] = [
  ['bytes=0-4', 206, 'bytes 0-4/20', '01234'],
  ['bytes=5-5', 206, 'bytes 5-5/20', '5'],
  ['bytes=15-', 206, 'bytes 15-19/20', 'fghij'],
  ['bytes=-3', 206, 'bytes 17-19/20', 'hij'],
  ['bytes=-90', 206, 'bytes 0-19/20', bytes],
  ['bytes=0-', 206, 'bytes 0-19/20', bytes],
  ['bytes=18-90', 206, 'bytes 18-19/20', 'ij'],
  ['bytes=0-99999999999999999999', 206, 'bytes 0-19/20', bytes],
  ['BYTES=0-1', 206, 'bytes 0-1/20', '01'],
  ['bytes= 0-1 ', 206, 'bytes 0-1/20', '01'],
  ['bytes=,0-1,', 206, 'bytes 0-1/20', '01'],
  // What cannot be is left out of several.
  ['bytes=0-1,90-', 206, 'bytes 0-1/20', '01'],
  ['bytes=0-1,-0', 206, 'bytes 0-1/20', '01'],
  // What overlaps or meets is one part.
  ['bytes=0-4,2-7', 206, 'bytes 0-7/20', '01234567'],
  ['bytes=4-7,0-3', 206, 'bytes 0-7/20', '01234567'],
  ['bytes=20-', 416, 'bytes */20', ''],
  ['bytes=90-99', 416, 'bytes */20', ''],
  ['bytes=-0', 416, 'bytes */20', ''],
  ['bytes=20-,30-40', 416, 'bytes */20', ''],
  ['bytes=99999999999999999999-', 416, 'bytes */20', ''],
  // What is no range of bytes is not there.
  ['bytes=4-2', 200, undefined, bytes],
  ['bytes=0-1,4-2', 200, undefined, bytes],
  ['bytes=', 200, undefined, bytes],
  ['bytes=-', 200, undefined, bytes],
  ['bytes=a-b', 200, undefined, bytes],
  ['bytes=0-1;2-3', 200, undefined, bytes],
  ['bytes=0x1-2', 200, undefined, bytes],
  ['bytes=+1-2', 200, undefined, bytes],
  ['bytes=1.0-2', 200, undefined, bytes],
  ['bytes 0-1', 200, undefined, bytes],
  ['0-1', 200, undefined, bytes],
  ['lines=0-1', 200, undefined, bytes],
  [`bytes=${Array.from({ length: 101 }, (_, at) => `${at % 20}-${at % 20}`).join(',')}`, 200, undefined, bytes],
];

for (const [range, status, contentRange, text] of ranges)
  test(`range: ${range.slice(0, 40)}: ${status}`, async () => {
    const response = await ask({ range });
    assert.equal(response.status, status);
    assert.equal(response.headers['content-range'], contentRange);
    if (status === 416) {
      assert.deepEqual(response.json(), { detail: 'Range Not Satisfiable' });
      return;
    }
    assert.equal(response.text, text);
    assert.equal(response.headers['content-length'], String(text.length));
    assert.equal(response.headers['accept-ranges'], 'bytes');
    assert.equal(response.headers['content-type'], 'text/plain; charset=utf-8');
  });

// RFC 9110, 14.6 and 15.3.7.2: several parts, in their order in the header.
const several: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'bytes=0-1,4-5',
    [
      ['bytes 0-1/20', '01'],
      ['bytes 4-5/20', '45'],
    ],
  ],
  [
    'bytes=-2,0-0',
    [
      ['bytes 18-19/20', 'ij'],
      ['bytes 0-0/20', '0'],
    ],
  ],
  [
    'bytes=0-0,2-2,90-,5-',
    [
      ['bytes 0-0/20', '0'],
      ['bytes 2-2/20', '2'],
      ['bytes 5-19/20', bytes.slice(5)],
    ],
  ],
  [
    'bytes=9-12,0-3,2-5',
    [
      ['bytes 0-5/20', '012345'],
      ['bytes 9-12/20', '9abc'],
    ],
  ],
];

for (const [range, parts] of several)
  test(`ranges: ${range}: a part each`, async () => {
    const response = await ask({ range });
    assert.equal(response.status, 206);
    assert.equal(response.headers['content-range'], undefined);
    assert.equal(response.headers['content-length'], String(response.bytes.length));
    const [, boundary] = /^multipart\/byteranges; boundary=(\w+)$/.exec(response.headers['content-type']!)!;
    const wanted = parts.map(
      ([contentRange, text]) =>
        `--${boundary}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: ${contentRange}\r\n\r\n${text}\r\n`,
    );
    assert.equal(response.text, `${wanted.join('')}--${boundary}--\r\n`);
  });

// Requests that have no ranges or conditions, whatever they say.
const others: readonly (readonly [string, string, string, Record<string, string>, number])[] = [
  ['only GET has ranges', 'HEAD', '/files/a.txt', { range: 'bytes=0-1' }, 200],
  ['a POST has none', 'POST', '/answer', { range: 'bytes=0-1' }, 200],
  ['a POST has done its work, and has no conditions', 'POST', '/answer', { 'if-match': '"x"' }, 200],
  ['another status has no ranges', 'GET', '/created', { range: 'bytes=0-1' }, 201],
  ['an error has no conditions', 'GET', '/lost', { 'if-match': '"x"' }, 404],
  ['a status set through the context has none', 'GET', '/set', { range: 'bytes=0-1', 'if-match': '"x"' }, 202],
  ['a weak tag of the app is no ground for ranges', 'GET', '/weak', { range: 'bytes=0-1', 'if-range': 'W/"w"' }, 200],
  ['… and none for If-Match', 'GET', '/weak', { 'if-match': 'W/"w"' }, 412],
  ['… but for If-None-Match', 'GET', '/weak', { 'if-none-match': '"w"' }, 304],
];

for (const [name, method, path, headers, status] of others)
  test(`${method} ${path}: ${name}`, async () => {
    assert.equal((await ask(headers, path, { method })).status, status);
  });

// There is no byte to be named.
for (const [range, status] of [
  ['bytes=0-', 416],
  ['bytes=0-0', 416],
  ['bytes=-1', 200],
] as const)
  test(`an empty file: ${range}: ${status}`, async () => {
    const response = await ask({ range }, '/files/empty.txt');
    assert.equal(response.status, status);
    if (status === 200) assert.equal(response.headers['content-length'], '0');
  });

test('a file that was written to has another tag, though its size and second are the same', async () => {
  const path = join(folder, 'changed.txt');
  writeFileSync(path, 'one');
  utimesSync(path, modified, new Date(modified.getTime() + 1));
  const first = await ask({}, '/files/changed.txt');
  writeFileSync(path, 'two');
  utimesSync(path, modified, new Date(modified.getTime() + 2));
  const second = await ask({ 'if-none-match': first.headers.etag! }, '/files/changed.txt');
  assert.equal(second.status, 200);
  assert.equal(second.text, 'two');
  assert.equal(second.headers['last-modified'], first.headers['last-modified']);
});

test('a file from the future was modified no later than now', async () => {
  const path = join(folder, 'future.txt');
  writeFileSync(path, 'x');
  utimesSync(path, new Date(), new Date(Date.now() + 3_600_000));
  const { headers } = await ask({}, '/files/future.txt');
  assert.ok(Date.parse(headers['last-modified']!) <= Date.parse(headers.date!));
});
