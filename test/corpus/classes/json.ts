import type { Random } from '../../support/random.ts';
import { atoms } from '../atoms.ts';
import { ask, type BadInput, json } from '../bad-input.ts';

const kind = 'json';

const texts: readonly string[] = [
  ' ',
  '{',
  '}',
  '[',
  ']',
  '"',
  '{"',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,}',
  '[1,]',
  '[,1]',
  '{,}',
  '{a:1}',
  "{'a':1}",
  '{"a":1}{"a":2}',
  '{"a":1} x',
  '{"a":1}\0',
  '\ufeff{"a":1}',
  '// {"a":1}',
  '/* */{"a":1}',
  'NaN',
  'Infinity',
  '-',
  '-a',
  '01',
  '1.',
  '.5',
  '1e',
  '1e+',
  '0x1',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '18446744073709551616',
  '-0',
  '-0.0',
  '1.0',
  '1.0000000000000000000000000000001',
  'true',
  'null',
  'undefined',
  'True',
  '"\\x"',
  '"\\u12"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\t"',
  '"\n"',
  '"\u2028"',
  '{"a":1,"a":2}',
  '{"__proto__":1}',
  '{"__proto__":{"a":1}}',
  '{"a":1,"__proto__":{"b":1}}',
  '{"\\u005f_proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"constructor":1}',
  '{"prototype":1}',
  '{"toString":1}',
  '{"hasOwnProperty":1}',
  '{"valueOf":null,"a":1}',
  '{"then":1}',
  '{"toJSON":1}',
  '{"length":1000000000}',
  '{"0":1,"1":2,"length":2}',
  '{"":1}',
  '{"\\u0000":1}',
  '{"\\ud800":1}',
  '{"type":"circle"}',
  '{"type":"square","radius":1}',
  '{"type":"__proto__"}',
  '{"type":"toString"}',
  '{"type":{}}',
  '{"type":{"toString":1}}',
  '{"type":{"toString":null,"valueOf":null}}',
  '{"type":["circle"],"radius":1}',
  '{"type":null}',
  '{"type":"CIRCLE","radius":1}',
  '{"tree":{"tree":{"tree":"x"}}}',
  '{"name":"a","next":{"name":1}}',
  '{"name":"a","next":null}',
  '{"n":1.5}',
  '{"n":1e30}',
  '{"n":99999999999999999999999999999999999}',
  '{"n":-0}',
  '{"n":"9007199254740993"}',
  '{"n":"0x10"}',
  '{"n":""}',
  '{"n":" 1 "}',
  '{"n":true}',
  '{"n":[1]}',
  '[1,"2",3.5,null,true,[],{}]',
  '[9007199254740993,1e400,-0]',
  '[[[[]]]]',
  '{"a":{"b":{"c":{}}}}',
];

type Large = readonly [name: string, routes: readonly string[], body: () => string];
const list = (count: number, member: (at: number) => string): string =>
  `[${Array.from({ length: count }, (_, at) => member(at)).join(',')}]`;
const record = (count: number, member: (at: number) => string, prefix = 'k'): string =>
  `{${Array.from({ length: count }, (_, at) => `"${prefix}${at}":${member(at)}`).join(',')}}`;
const deep = (levels: number, open: string, close: string, bottom: string): string =>
  `${open.repeat(levels)}${bottom}${close.repeat(levels)}`;

const large: readonly Large[] = [
  ['wrong items', ['list', 'texts', 'unions', 'any'], () => list(340_000, () => '""')],
  ['right items', ['list', 'unions', 'any'], () => list(500_000, () => '1')],
  ['nulls', ['list', 'texts', 'unions', 'wides', 'tuple'], () => list(200_000, () => 'null')],
  ['empty objects', ['list', 'wides', 'unions', 'any'], () => list(340_000, () => '{}')],
  ['wrong objects', ['wides', 'unions'], () => list(90_000, () => '{"a":1.5}')],
  ['objects wrong in all', ['wides'], () => list(11_000, () => '{"a":"","b":"","c":1,"d":1,"e":1,"f":1,"g":1,"h":1}')],
  ['long texts', ['texts', 'unions'], () => list(140_000, () => '"xxxx"')],
  ['lists in a list', ['list', 'any', 'wides'], () => list(340_000, () => '[]')],
  ['wrong values', ['record', 'any'], () => record(80_000, () => '"x"')],
  ['right values', ['record', 'any'], () => record(80_000, () => '1')],
  ['extra keys', ['strict', 'loose', 'model', 'shape'], () => record(80_000, () => '1')],
  ['short keys', ['strict', 'loose', 'model'], () => record(90_000, () => '1', '')],
  ['one key again and again', ['strict', 'model'], () => `{${'"a":1,'.repeat(150_000)}"a":2}`],
  ['a list inside of a model', ['model'], () => `{"d":${list(300_000, () => '""')}}`],
  ['a record inside of a model', ['model'], () => `{"h":${record(80_000, () => '""')}}`],
  ['levels of lists', ['any', 'list', 'model', 'record', 'tree'], () => deep(500_000, '[', ']', '')],
  ['open lists', ['any', 'list', 'model'], () => '['.repeat(1_000_000)],
  ['open objects', ['any', 'model'], () => '{"a":'.repeat(200_000)],
  ['levels of objects', ['any', 'tree', 'loose', 'strict'], () => deep(180_000, '{"a":', '}', '1')],
  ['levels of the tree', ['tree', 'any'], () => deep(100_000, '{"tree":', '}', '"x"')],
  ['levels of the chain', ['chain'], () => deep(50_000, '{"name":"a","next":', '}', '1')],
  ['a long text', ['any', 'texts', 'model', 'list'], () => `"${'x'.repeat(1_040_000)}"`],
  ['escapes', ['any', 'model'], () => `"${'\\u0041'.repeat(170_000)}"`],
  ['half characters', ['any'], () => `["${'\\ud800'.repeat(170_000)}"]`],
  ['digits', ['any', 'list', 'bigint', 'model'], () => '9'.repeat(1_040_000)],
  ['digits of a bigint', ['bigint'], () => `{"n":${'9'.repeat(1_000_000)}}`],
  ['digits of a bigint in a text', ['bigint'], () => `{"n":"${'9'.repeat(1_000_000)}"}`],
  ['large integers', ['list', 'bigint', 'any'], () => list(50_000, () => '99999999999999999999')],
  ['blanks', ['any', 'model'], () => `${' '.repeat(1_040_000)}1`],
  ['line breaks', ['any'], () => '\n'.repeat(1_040_000)],
  ['commas', ['list'], () => `[${','.repeat(1_000_000)}]`],
  ['quotes', ['any'], () => '"'.repeat(1_000_000)],
  ['a text that does not end', ['any'], () => `"${'x'.repeat(1_000_000)}`],
  ['a mistake at the end', ['any', 'list'], () => `${list(300_000, () => '1').slice(0, -1)},]`],
  ['a large value and what is missing', ['model', 'chain', 'shape'], () => `{"x":"${'x'.repeat(1_000_000)}"}`],
  ['a long value', ['formats'], () => `{"email":"${'a'.repeat(500_000)}@${'b.'.repeat(200_000)}"}`],
  ['a long address', ['formats'], () => `{"url":"http://${'a'.repeat(900_000)}"}`],
  ['more than the limit', ['any', 'list'], () => `"${'x'.repeat(1_100_000)}"`],
];

/** Bodies of JSON: what they say, how deep and how large they are. */
export function jsonBodies(random: Random): BadInput[] {
  const post = (name: string, path: string, body: string | (() => string | Buffer)): BadInput =>
    ask(kind, name, path, { headers: [json], body });
  const bytes: readonly (readonly [string, Buffer])[] = [
    ['a byte that is no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['half a character', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['an overlong quote', Buffer.from([0xc0, 0xa2])],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['zeros', Buffer.alloc(1000)],
    ['packed', Buffer.from('1f8b08000000000000ffab564a54b232ac050040bb5ef007000000', 'hex')],
  ];
  return [
    ...texts.flatMap((text, at) =>
      ['/json/any', at % 2 ? '/json/model' : '/json/shape', at % 3 ? '/lax/strict' : '/lax/list'].map((path) =>
        post(`text ${at} to ${path}`, path, text),
      ),
    ),
    ...texts
      .slice(-26)
      .flatMap((text, at) =>
        ['shape', 'tree', 'chain', 'bigint', 'record'].map((name) =>
          post(`value ${at} to ${name}`, `/lax/${name}`, text),
        ),
      ),
    ...bytes.flatMap(([what, body]) =>
      ['/json/any', '/json/model', '/echo'].map((path) => post(`${what} to ${path}`, path, () => body)),
    ),
    ...large.flatMap(([what, routes, body]) =>
      routes.map((name) => post(`1 MB of ${what} to ${name}`, `/json/${name}`, body)),
    ),
    ...large.flatMap(([what, routes, body]) =>
      routes.slice(0, 1).map((name) => post(`1 MB of ${what} to lax ${name}`, `/lax/${name}`, body)),
    ),
    ...[20, 24, 40, 100, 250, 511, 513, 1000, 2000, 5000].flatMap((levels) => [
      post(`the tree, ${levels} deep`, '/json/tree', deep(levels, '{"tree":', '}', '"x"')),
      post(`the lax tree, ${levels} deep`, '/lax/tree', deep(levels, '{"tree":', '}', '"x"')),
      post(`the lax tree, right after all, ${levels} deep`, '/lax/tree', deep(levels, '{"tree":', '}', '"1"')),
      post(`the chain, ${levels} deep`, '/json/chain', deep(levels, '{"name":"a","next":', '}', '1')),
      post(`the chain without its names, ${levels} deep`, '/json/chain', deep(levels, '{"next":', '}', '1')),
      post(`lists, ${levels} deep`, '/json/any', deep(levels, '[', ']', '')),
      post(`objects, ${levels} deep`, '/echo', deep(levels, '{"a":', '}', '{}')),
      post(`a list of models, ${levels} deep`, '/json/wides', deep(levels, '[', ']', '{}')),
    ]),
    ...[98, 400].map((levels) =>
      post(`a chain without names over a large value, ${levels} deep`, '/json/chain', () =>
        deep(levels, '{"next":', '}', `"${'x'.repeat(900_000)}"`),
      ),
    ),
    ...Object.entries(atoms).flatMap(([what, text]) =>
      ['email', 'url', 'uuid', 'date', 'moment', 'time', 'ip', 'base64']
        .slice(0, 4)
        .map((format) => post(`${format} is ${what}`, '/json/formats', JSON.stringify({ [format]: text }))),
    ),
    ...Object.entries(atoms).map(([what, text]) =>
      post(
        `a model of ${what}`,
        '/lax/model',
        JSON.stringify({ a: text, b: text, c: text, d: [text], e: text, f: text, g: text, h: { [text]: text } }),
      ),
    ),
    ...Array.from({ length: 60 }, (_, at) => {
      const body = Buffer.from('{"a":1,"b":"xy","c":true,"d":[1,2],"e":"2024-01-01","f":"a@b.de","g":"x","h":{"k":1}}');
      for (let times = 1 + random.below(4); times > 0; times--) body[random.below(body.length)] = random.below(256);
      return post(`bytes changed at random ${at}`, random.pick(['/json/model', '/lax/model']), () => body);
    }),
  ];
}
