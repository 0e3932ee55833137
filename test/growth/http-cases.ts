import type { InjectOptions } from 'fastify';
import { z } from 'zod';
import { jsonText, refusePending } from '../../src/base/json/plain-json.ts';
import { printable } from '../../src/base/show/printable.ts';
import { shownUrl } from '../../src/base/show/shown-url.ts';
import { parsePath } from '../../src/declare/route/path-template.ts';
import { errorAnswer } from '../../src/http/errors/error-answer.ts';
import { SecretHeaders } from '../../src/http/log/secret-headers.ts';
import { parseJson } from '../../src/http/read/parse-json.ts';
import { decodeFormText, parseQuery } from '../../src/http/read/parse-query.ts';
import { stringify } from '../../src/http/respond/json.ts';
import { targetOf } from '../../src/http-client/target.ts';
import {
  App,
  cookie,
  eventStream,
  file,
  form,
  HttpError,
  header,
  jsonLines,
  query,
  ServerSentEvent,
  ValidationError,
} from '../../src/index.ts';
import { apiKey, httpBasic, httpBearer, subprotocolToken, tickets } from '../../src/security/index.ts';
import type { GrowthCase } from '../support/growth.ts';
import { atoms, chosen } from './schema-cases.ts';

/** Bytes of a head, of which Node takes 16 KiB. */
const head = 16_000;

const list = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, index) => item(index));
const fill = (size: number, atom: string): string => atom.repeat(Math.ceil(size / atom.length));
const names = (size: number, unit: (index: number) => string, join: string): string => list(size, unit).join(join);

const Item = z.object({ id: z.int(), name: z.string() });

const app = new App({ logger: false, loop: false, bodyLimit: 4_000_000 });
app.get('/q', { params: { all: query(z.array(z.string())), rest: query(z.object({}).loose()) } }, () => 'ok');
app.get('/cookie', { params: { c: cookie(z.string().optional()) } }, () => 'ok');
app.get('/header', { params: { x: header(z.array(z.string())), all: header(z.object({}).loose()) } }, () => 'ok');
app.get('/basic', { guards: [httpBasic()] }, () => 'ok');
app.get('/bearer', { guards: [httpBearer()] }, () => 'ok');
app.get('/key', { guards: [apiKey({ in: 'header', name: 'x-key', verify: () => false })] }, () => 'ok');
app.get('/key-in-cookie', { guards: [apiKey({ in: 'cookie', name: 'k', verify: () => false })] }, () => 'ok');
app.get('/subprotocols', { guards: [subprotocolToken({ verify: () => false })] }, () => 'ok');
app.get('/ticket', { guards: [tickets().ticket] }, () => 'ok');
app.get('/key-in-query', { guards: [apiKey({ in: 'query', name: 'k', verify: () => false })] }, () => 'ok');
app.get(
  '/at/{year}-{month}-{day}.{ending}',
  { params: { year: z.string(), month: z.string(), day: z.string(), ending: z.string() } },
  () => 'ok',
);
app.post('/form', { params: { a: form(z.string().optional()) } }, () => 'ok');
app.post('/file', { params: { a: file(z.array(z.file()).optional()) } }, () => 'ok');
app.post('/json', { params: { items: z.array(Item) }, response: z.array(Item) }, ({ items }) => items);
app.get('/events', { params: { n: z.int() }, response: eventStream(Item) }, async function* ({ n }) {
  for (let id = 0; id < n; id++) yield { id, name: 'a' };
});
app.get('/lines', { params: { n: z.int() }, response: jsonLines(Item) }, async function* ({ n }) {
  for (let id = 0; id < n; id++) yield { id, name: 'a' };
});
app.get('/raw', { params: { n: z.int() }, response: eventStream() }, async function* ({ n }) {
  yield new ServerSentEvent({ rawData: 'a\r\n'.repeat(n), comment: '\n'.repeat(n) });
});

const routes = (count: number): App => {
  const made = new App({ logger: false, loop: false });
  for (let at = 0; at < count; at++)
    made.get(`/a${at}/{id}/{x}-{y}`, { params: { id: z.int(), x: z.string(), y: z.string() }, response: Item }, () => ({
      id: 1,
      name: 'a',
    }));
  return made;
};

/** A request to one of the routes. */
function asks(name: string, most: number, request: (size: number) => InjectOptions): GrowthCase {
  return {
    name,
    most,
    make: (size) => {
      const options = request(size);
      return async () => {
        await app.ready();
        return app.server.inject(options);
      };
    },
  };
}

const multipart = (parts: string): InjectOptions => ({
  method: 'POST',
  url: '/file',
  headers: { 'content-type': 'multipart/form-data; boundary=xx' },
  payload: `${parts}--xx--\r\n`,
});
const part = (disposition: string, value: string): string =>
  `--xx\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`;
const urlencoded = (payload: string): InjectOptions => ({
  method: 'POST',
  url: '/form',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  payload,
});
const get = (url: string, headers: Record<string, string | string[]> = {}): InjectOptions => ({
  method: 'GET',
  url,
  headers,
});

const requests: readonly GrowthCase[] = [
  asks('values of a query', head, (size) => get(`/q?${names(size / 6, () => 'all=1', '&')}`)),
  asks('names of a query', head, (size) => get(`/q?all=1&${names(size / 6, (n) => `k${n}`, '&')}`)),
  asks('broken escapes of a query', head, (size) => get(`/q?all=${fill(size, '%ff%')}`)),
  asks('cookies', head, (size) => get('/cookie', { cookie: names(size / 6, (n) => `k${n}=1`, '; ') })),
  asks('a cookie of semicolons', head, (size) => get('/cookie', { cookie: fill(size, ';= ') })),
  asks('headers of one name', 2000, (size) => get('/header', { x: list(size, () => 'a') })),
  asks('Basic credentials', head, (size) =>
    get('/basic', { authorization: `Basic ${Buffer.from(fill(size, 'a:')).toString('base64')}` }),
  ),
  asks('Basic credentials that are none', head, (size) =>
    get('/basic', { authorization: `Basic ${fill(size, '=')}a` }),
  ),
  asks('a scheme and spaces', head, (size) => get('/bearer', { authorization: `Bearer${fill(size, ' ')}\t` })),
  asks('a token', head, (size) => get('/bearer', { authorization: `Bearer ${fill(size, 'a.')}` })),
  asks('subprotocols without a token', head, (size) =>
    get('/subprotocols', { 'sec-websocket-protocol': fill(size, 'a, ') }),
  ),
  asks('a ticket', head, (size) => get(`/ticket?ticket=${fill(size, 'a')}`, {})),
  asks('an API key in a header', head, (size) => get('/key', { 'x-key': fill(size, 'k') })),
  asks('an API key in a cookie', head, (size) => get('/key-in-cookie', { cookie: `k=${fill(size, 'k')}` })),
  asks('an API key in the query', head, (size) => get(`/key-in-query?k=${fill(size, 'k')}`)),
  asks('a path of separators for three parameters in a segment', 2000, (size) => get(`/at/${fill(size, '-')}`)),
  asks('a path that no route takes', head, (size) => get(`/${fill(size, '-./')}`)),
  asks('a path of escapes that no route takes', head, (size) => get(`/at/${fill(size, '%2d')}`)),
  asks('fields of a form', 1_000_000, (size) => urlencoded(fill(size, 'a=1&').slice(0, 4000 - 1) + fill(size, '1'))),
  asks('a form of names without values', 1_000_000, (size) => urlencoded(fill(size, 'a&'))),
  asks('a form of plus signs and escapes', 1_000_000, (size) => urlencoded(`a=${fill(size, '+%ff%')}`)),
  asks('fields of a multipart form', 900, (size) => multipart(fill(size * 60, part('name="a"', '1')).slice(0))),
  asks('empty parts of a multipart body', 500_000, (size) => multipart(fill(size, '--xx\r\n\r\n\r\n'))),
  asks('a long field of a multipart form', 1_000_000, (size) => multipart(part('name="a"', fill(size, '\r\n--x')))),
  asks('a file of almost boundaries', 1_000_000, (size) =>
    multipart(part('name="a"; filename="a"', fill(size, '\r\n--x\r'))),
  ),
  asks('a long name of a part', 1_000_000, (size) => multipart(part(`name="${fill(size, 'a\\"')}"`, '1'))),
  asks('heads of parts', 1_000_000, (size) => multipart(`--xx\r\n${fill(size, 'a: b;=\r\n')}\r\n`)),
  asks('JSON there and back', 20_000, (size) => ({
    method: 'POST',
    url: '/json',
    payload: { items: list(size, (id) => ({ id, name: 'a' })) } as object,
  })),
  asks('JSON that does not fit', 20_000, (size) => ({
    method: 'POST',
    url: '/json',
    payload: { items: list(size, () => ({ id: 'a' })) } as object,
  })),
  asks('server-sent events', 4_000, (size) => get(`/events?n=${size}`)),
  asks('lines of one server-sent event', 200_000, (size) => get(`/raw?n=${size}`)),
  asks('JSON lines', 4_000, (size) => get(`/lines?n=${size}`)),
];

const templates: readonly GrowthCase[] = chosen(['-', '-.', 'a', '.', 'a-', '/'], 3).map((atom) => ({
  name: `a path of ${JSON.stringify(atom)} against templates`,
  make: (size) => {
    const all = ['/{a}-{b}-{c}.{d}', '/{a}{b}{c}', '/x{a}xx{b}x', '/{rest:path}', '/{a}/{b}/{c}'].map(parsePath);
    const given = `/${fill(size, atom)}`;
    return () => all.map(({ matches }) => matches(given));
  },
}));

const queries: readonly GrowthCase[] = chosen(['%ff', 'a&', '=', '&', '%', '%41', '+', 'a=1&'], 3).map((atom) => ({
  name: `a query and a form's text of ${JSON.stringify(atom)}`,
  most: 100_000,
  make: (size) => {
    const given = fill(size, atom);
    return () => [parseQuery(given), decodeFormText(given)];
  },
}));

const needs = { exactly: true, shallow: true };

const bodies: readonly GrowthCase[] = (
  [
    ['of brackets', (size) => fill(size, '[')],
    ['of an open text', (size) => `"${fill(size, '\\"')}`],
    ['of open texts', (size) => fill(size, '"[')],
    ['of forbidden keys', (size) => `[${names(size / 20, () => '{"__proto__":1}', ',')}]`],
    ['of keys that are nearly forbidden', (size) => `[${names(size / 20, () => '{"constructor":1}', ',')}]`],
    ['of large integers', (size) => `[${names(size / 20, () => '9007199254740993', ',')}]`],
    ['of one integer', (size) => fill(size, '9')],
    ['of one integer after another', (size) => fill(size, '1234567890123456 ')],
    ['of replacement characters', (size) => `"${fill(size, '\ufffd')}"`],
    ['of numbers', (size) => `[${names(size / 4, () => '1.5', ',')}]`],
  ] as const satisfies readonly (readonly [string, (size: number) => string])[]
).map(([name, text]) => ({
  name: `a JSON body ${name}`,
  most: 400_000,
  make: (size) => {
    const bytes = Buffer.from(text(size));
    return () => {
      try {
        return parseJson(bytes, needs);
      } catch (error) {
        return error;
      }
    };
  },
}));

function nested(depth: number, bottom: unknown): unknown {
  let value = bottom;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

const refused = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

const answers: readonly GrowthCase[] = [
  {
    name: 'JSON of a flat answer',
    most: 100_000,
    make: (size) =>
      run1(
        list(size, (id) => ({ id })),
        (value) => jsonText('GET /', value, value, stringify),
      ),
  },
  {
    name: 'JSON of maps and sets',
    most: 40_000,
    make: (size) =>
      run1(
        list(size, (id) => new Map([[id, new Set([id])]])),
        (value) => jsonText('GET /', value, value, stringify),
      ),
  },
  {
    name: 'JSON of one large map',
    most: 20_000,
    make: (size) =>
      run1(new Map(list(size, (id) => [`k${id}`, {}])), (value) => jsonText('GET /', value, value, stringify)),
  },
  {
    name: 'JSON of bigints',
    most: 100_000,
    make: (size) =>
      run1(
        list(size, (id) => BigInt(id)),
        (value) => jsonText('GET /', value, value, stringify),
      ),
  },
  {
    name: 'an answer that nests deep',
    most: 200_000,
    make: (size) => run1(nested(size, new Map()), (value) => jsonText('GET /', value, value, () => '{}')),
  },
  {
    name: 'an answer with a promise far below',
    most: 200_000,
    make: (size) => run1(nested(size, Promise.resolve()), (value) => refused(() => refusePending('GET /', value))),
  },
  {
    name: 'an answer with a promise at its end',
    most: 200_000,
    make: (size) =>
      run1([...list(size, (id) => ({ id })), Promise.resolve()], (value) =>
        refused(() => refusePending('GET /', value)),
      ),
  },
  ...(['fastapi', 'problem'] as const).map((format) => ({
    name: `errors as ${format} has them`,
    most: 200_000,
    make: (size: number) => {
      const issues = list(size / 100, (id) => ({
        type: 'int_type',
        loc: ['body', id],
        msg: 'Input should be a valid integer',
        input: 'x',
      }));
      return () => [
        errorAnswer(new ValidationError('POST /', issues, {}), format),
        errorAnswer(new HttpError(409, fill(size, 'a')), format),
      ];
    },
  })),
];

function run1<T>(value: T, run: (value: T) => unknown): () => unknown {
  return () => run(value);
}

const texts: readonly GrowthCase[] = chosen(['a://', '\u001b[2J', '://:@', '\r\n', ...atoms], 2).map((atom) => ({
  name: `texts for people, of ${JSON.stringify(atom)}`,
  make: (size) => {
    const given = fill(size, atom);
    return () => [printable(given), shownUrl(given)];
  },
}));

const documents: readonly GrowthCase[] = [
  {
    name: 'the document of many routes',
    most: 1000,
    make: (size) => {
      const made = routes(size);
      return () => {
        made.get(`/x${Math.random()}`, () => 1);
        return made.openapi();
      };
    },
  },
  { name: 'adding routes', most: 1000, make: (size) => () => routes(size) },
  {
    name: 'a path that none of many routes takes',
    most: 2000,
    make: (size) => {
      const made = routes(size);
      return async () => {
        await made.ready();
        return made.server.inject('/nothing/-/-/-');
      };
    },
  },
  {
    name: 'headers that a log shows',
    most: 20_000,
    make: (size) => {
      const given = Object.fromEntries(list(size, (n) => [`x-${n}`, 'a']));
      const { hide } = new SecretHeaders();
      return () => hide(given);
    },
  },
  {
    name: 'values of an outgoing query',
    most: 20_000,
    make: (size) => () => targetOf(new URL('http://a.test/'), '/x', { ids: list(size, (n) => n) }),
  },
];

export const httpCases: readonly GrowthCase[] = [
  ...requests,
  ...templates,
  ...queries,
  ...bodies,
  ...answers,
  ...texts,
  ...documents,
];
