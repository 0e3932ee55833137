import { atoms } from '../atoms.ts';
import { ask, type BadInput, octets } from '../bad-input.ts';

const kind = 'cookies';

const cookies: readonly string[] = [
  '',
  ';',
  ';;;;',
  '=',
  '=1',
  'sid',
  'sid=',
  'sid=1; sid=2',
  'sid=1, sid=2',
  'sid="1"',
  'sid="',
  'sid=%31',
  'sid=%ff',
  'sid=%',
  'sid=%zz',
  'sid = 1',
  '  sid=1',
  'SID=1',
  '$Version=1; sid=1',
  'sid=1;theme=dark',
  'theme=DARK',
  'theme=dark; path=/; httponly',
  '__proto__=1',
  '__proto__=1; sid=2',
  'constructor=1',
  'toString=1; valueOf=2',
  '__Host-sid=1',
  'a=b=c=d',
  'sid=\x80\xff',
  'sid=1\x01',
  'sid=1\x7f',
  'a\x7f=1',
  'sid=1\r\nx-injected: 1',
  'sid={"a":1}',
  'sid=j:{"a":1}',
  'sid=s:1.signature',
  Array.from({ length: 1500 }, (_, at) => `c${at}=1`).join('; '),
  'a=1; '.repeat(2500),
  ';'.repeat(14_000),
  '='.repeat(14_000),
  `sid=${'%41'.repeat(4500)}`,
  `sid=${'%'.repeat(14_000)}`,
  `sid=${'"'.repeat(14_000)}`,
  ' '.repeat(14_000),
  `sid=${'1'.repeat(14_000)}`,
];

/** Cookies. */
export function cookieHeaders(): BadInput[] {
  return [
    ...cookies.flatMap((text, at) =>
      ['/cookies', '/all-cookies', '/key/cookie'].map((path) =>
        ask(kind, `cookie ${at} to ${path}`, path, { headers: [['cookie', octets(text)]] }),
      ),
    ),
    ...Object.entries(atoms).flatMap(([what, text]) =>
      ['sid', 'theme'].map((name) =>
        ask(kind, `${name} is ${what}`, '/cookies', { headers: [['cookie', `${name}=${octets(text)}`]] }),
      ),
    ),
    ask(kind, 'two lines', '/cookies', {
      headers: [
        ['cookie', 'sid=1'],
        ['cookie', 'sid=x'],
      ],
    }),
    ask(kind, 'many lines', '/cookies', {
      headers: Array.from({ length: 500 }, (_, at) => ['cookie', `a${at}=1`] as const),
    }),
  ];
}
