import type { Random } from '../../support/random.ts';
import { encodedAtoms } from '../atoms.ts';
import { ask, type BadInput } from '../bad-input.ts';

const kind = 'queries';

const queries: readonly string[] = [
  '',
  '&',
  '&&&&',
  '=',
  '==',
  '=1',
  'limit',
  'limit=',
  'limit=1&limit=2',
  'limit[]=1',
  'limit[a]=1',
  'limit.a=1',
  'limit=1;limit=2',
  'limit=%31',
  'l%69mit=5',
  'LIMIT=5',
  '__proto__=1',
  '__proto__[x]=1',
  '__proto__.x=1',
  'constructor[prototype][x]=1',
  'constructor.prototype.x=1',
  'toString=1&valueOf=2&hasOwnProperty=3',
  'tag=a&tag=b&tag[]=c',
  'tag=&tag=&tag=',
  '%=1',
  '%ff=%ff',
  'q=%u0041',
  'q=+%20+',
  'q=a?b?c',
  'q=a#b',
  'q=%0d%0ax-injected:%201',
];

/** What stands behind the question mark. */
export function queryStrings(random: Random): BadInput[] {
  const many = (count: number, one: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => one(at)).join('&');
  return [
    ...queries.flatMap((text, at) =>
      ['/search', '/loose'].map((path) => ask(kind, `query ${at} of ${path}`, `${path}?${text}`, {})),
    ),
    ...['q', 'limit', 'price', 'exact', 'when', 'big', 'kind', 'tag'].flatMap((name) =>
      encodedAtoms.map(([what, text]) => ask(kind, `${name} is ${what}`, `/search?${name}=${text}`, {})),
    ),
    ...(
      [
        ['names without values', many(5000, () => 'a')],
        ['names of their own', many(2500, (at) => `a${at}=`)],
        ['one name again and again', many(1600, () => 'tag=1')],
        ['wrong numbers', many(1500, () => 'limit=x')],
        ['ampersands', '&'.repeat(12_000)],
        ['equal signs', '='.repeat(12_000)],
        ['percents', '%'.repeat(12_000)],
        ['encoded bytes', '%ff'.repeat(4000)],
        ['plus signs', `q=${'+'.repeat(12_000)}`],
        ['brackets', `${'[a]'.repeat(4000)}=1`],
        ['dots', `${'a.'.repeat(6000)}=1`],
      ] as const
    ).flatMap(([what, text]) =>
      ['/search', '/loose', '/filter', '/nowhere'].map((path) =>
        ask(kind, `many ${what} to ${path}`, `${path}?${text}`, {}),
      ),
    ),
    ...Array.from({ length: 40 }, (_, at) => {
      const parts = Array.from(
        { length: 1 + random.below(12) },
        () =>
          `${random.pick(['q', 'limit', 'tag', 'big', '__proto__', ''])}${random.pick(['=', '', '[]=', '=='])}${random.pick(encodedAtoms)[1]}`,
      );
      return ask(kind, `pairs at random ${at}`, `/search?${parts.join(random.pick(['&', ';', '&&']))}`, {});
    }),
  ];
}
