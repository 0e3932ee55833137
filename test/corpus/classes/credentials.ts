import { atoms, encodedAtoms } from '../atoms.ts';
import { ask, type BadInput, json, octets } from '../bad-input.ts';

const kind = 'credentials';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const authorizations: readonly string[] = [
  '',
  ' ',
  'Bearer',
  'Bearer ',
  'Bearer  a-token',
  'Bearer\ta-token',
  'Bearer a-token ',
  'Bearer a-token a-token',
  'Bearer a-token, Basic x',
  'bearer a-token-',
  'BEARER wrong',
  'Bearera-token',
  'Bearer:a-token',
  'Bearer "a-token"',
  'Bearer a-toke\x00n',
  'Bearer \x80\xff',
  'Bearer ä',
  'Token a-token',
  'Basic',
  'Basic ',
  'Basic %%%%',
  'Basic =',
  'Basic ====',
  'Basic YQ',
  `Basic ${base64('')}`,
  `Basic ${base64(':')}`,
  `Basic ${base64('a')}`,
  `Basic ${base64('a:')}`,
  `Basic ${base64(':secret')} x`,
  `Basic ${base64('a:b:secret')}`,
  `Basic ${base64('a:\0')}`,
  `Basic ${base64('a:secre\u0301t')}`,
  `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString('base64')}`,
  `Basic ${base64('a:secret').replaceAll('=', '')}!`,
  `basic  ${base64('a:x')}`,
  `Basic ${'A'.repeat(12_000)}`,
  'Digest username="a"',
  'Negotiate YII=',
  ','.repeat(5000),
  '"'.repeat(5000),
  ' '.repeat(5000),
];

/** Credentials that let nobody in. */
export function credentials(): BadInput[] {
  const paths = ['/bearer', '/basic'];
  return [
    ...authorizations.flatMap((text, at) =>
      paths.map((path) =>
        ask(kind, `authorization ${at} to ${path}`, path, { headers: [['authorization', octets(text)]] }),
      ),
    ),
    ...authorizations.map((text, at) =>
      ask(kind, `authorization ${at} before a body`, '/signed', {
        headers: [json, ['authorization', octets(text)]],
        body: '{"n":1}',
      }),
    ),
    ...paths.map((path) =>
      ask(kind, `two lines to ${path}`, path, {
        headers: [
          ['authorization', 'Bearer x'],
          ['authorization', 'Bearer a-token'],
        ],
      }),
    ),
    ...Object.entries(atoms).flatMap(([what, text]) => [
      ask(kind, `a token that is ${what}`, '/bearer', { headers: [['authorization', `Bearer ${octets(text)}`]] }),
      ask(kind, `a password that is ${what}`, '/basic', {
        headers: [['authorization', `Basic ${base64(`a:${text}`)}`]],
      }),
      ask(kind, `a key in a header that is ${what}`, '/key/header', { headers: [['x-api-key', octets(text)]] }),
    ]),
    ...encodedAtoms.map(([what, text]) =>
      ask(kind, `a key in the query that is ${what}`, `/key/query?key=${text}`, {}),
    ),
    ask(kind, 'two keys in the query', '/key/query?key=x&key=a-key-', {}),
    ask(kind, 'a key of another name', '/key/query?KEY=a-key', {}),
    ask(kind, 'a key under brackets', '/key/query?key[]=a-key', {}),
    ask(kind, 'a body of a megabyte without a token', '/signed', {
      headers: [json],
      body: () => `"${'x'.repeat(1_000_000)}"`,
    }),
    ask(kind, 'a body that is none without a token', '/signed', { headers: [json], body: '{' }),
  ];
}
