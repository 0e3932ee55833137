import type { Random } from '../../support/random.ts';
import { encodedAtoms } from '../atoms.ts';
import { ask, type BadInput, multipart, urlencoded } from '../bad-input.ts';

const forms: readonly string[] = [
  '&',
  '&&&',
  '=',
  '=x',
  'name',
  'name=',
  'name=a&name=b',
  'name[]=a',
  'age=',
  'age=x',
  'age=1&age=x',
  'tags=&tags=',
  '__proto__=1',
  '__proto__[a]=1&name=x',
  'constructor[prototype][a]=1',
  'toString=1&name=x',
  'name=%',
  'name=%ff',
  'name=%00',
  'name=\xff\xfe',
  'name=a;age=1',
  '{"name":"a"}',
  '--X\r\ncontent-disposition: form-data; name="name"\r\n\r\na\r\n--X--',
];

/** Forms as browsers send them by themselves. */
export function urlencodedForms(random: Random): BadInput[] {
  const kind = 'forms';
  const post = (name: string, path: string, body: string | (() => string | Buffer)): BadInput =>
    ask(kind, name, path, { headers: [urlencoded], body });
  const large: readonly (readonly [string, () => string])[] = [
    ['names without values', () => 'a&'.repeat(500_000)],
    ['ampersands', () => '&'.repeat(1_000_000)],
    ['equal signs', () => '='.repeat(1_000_000)],
    ['percents', () => `name=${'%'.repeat(1_000_000)}`],
    ['encoded letters', () => `name=${'%41'.repeat(330_000)}`],
    ['encoded bytes that are no UTF-8', () => `name=${'%ff'.repeat(330_000)}`],
    ['plus signs', () => `name=${'+'.repeat(1_000_000)}`],
    ['a long name', () => `${'n'.repeat(1_000_000)}=1`],
    ['a thousand fields', () => Array.from({ length: 1000 }, (_, at) => `f${at}=${'x'.repeat(900)}`).join('&')],
    ['a field too many', () => Array.from({ length: 1001 }, (_, at) => `f${at}=1`).join('&')],
    ['a thousand of one name', () => Array.from({ length: 1000 }, () => `tags=${'x'.repeat(900)}`).join('&')],
    ['a thousand wrong numbers', () => Array.from({ length: 1000 }, () => 'age=x').join('&')],
    ['more than the limit', () => `name=${'x'.repeat(1_100_000)}`],
  ];
  return [
    ...forms.flatMap((text, at) =>
      ['/form', '/form/model', '/upload'].map((path) =>
        post(`form ${at} to ${path}`, path, () => Buffer.from(text, 'latin1')),
      ),
    ),
    ...large.flatMap(([what, body]) =>
      ['/form', '/form/model', '/upload'].map((path) => post(`${what} to ${path}`, path, body)),
    ),
    ...encodedAtoms.flatMap(([what, text]) =>
      ['name', 'age', 'tags'].map((name) => post(`${name} is ${what}`, '/form', `name=x&${name}=${text}`)),
    ),
    ...Array.from({ length: 25 }, (_, at) =>
      post(
        `pairs at random ${at}`,
        '/form',
        Array.from(
          { length: 1 + random.below(10) },
          () =>
            `${random.pick(['name', 'age', 'tags', ''])}${random.pick(['=', '', '=='])}${random.pick(encodedAtoms)[1]}`,
        ).join('&'),
      ),
    ),
  ];
}

const field = (name: string, value: string): string =>
  `--X\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const photo = (filename: string, type = 'image/png', value = 'abc'): string =>
  `--X\r\ncontent-disposition: form-data; name="photo"; filename="${filename}"\r\ncontent-type: ${type}\r\n\r\n${value}\r\n`;
const end = '--X--\r\n';

const parts: readonly string[] = [
  '',
  end,
  '--X',
  '--X\r\n',
  '--X\r\n\r\n',
  '--X--',
  'preamble only',
  `preamble\r\n${field('title', 'a')}${end}epilogue`,
  `${field('title', 'a')}`,
  `${field('title', 'a')}--X-`,
  `${field('title', 'a')}--Y--\r\n`,
  `${field('title', 'a').replaceAll('\r\n', '\n')}${end}`,
  `${field('title', 'a').replaceAll('\r\n', '\r')}${end}`,
  '--X\r\ncontent-disposition: form-data\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: attachment; name="photo"\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name=photo; filename=a\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"; name="title"; filename="a"\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"; filename=""\r\n\r\n\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"; filename*=UTF-8\'\'%ff\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"; filename*=x\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"; filename*=nonsense\'\'a\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name*=UTF-8\'\'photo; filename="a"\r\n\r\na\r\n--X--\r\n',
  '--X\r\n: a\r\n\r\na\r\n--X--\r\n',
  '--X\r\nno header\r\n\r\na\r\n--X--\r\n',
  '--X\r\n folded\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"\0; filename="a"\r\n\r\na\r\n--X--\r\n',
  '--X\r\ncontent-type: multipart/mixed; boundary=Y\r\ncontent-disposition: form-data; name="photo"\r\n\r\n--Y\r\n\r\na\r\n--Y--\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\ncontent-transfer-encoding: base64\r\n\r\n%%%%\r\n--X--\r\n',
  '--X\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\ncontent-transfer-encoding: nonsense\r\n\r\na\r\n--X--\r\n',
  `${photo('a')}${photo('b')}${end}`,
  `${field('photo', 'no file')}${end}`,
  `${photo('../../etc/passwd')}${end}`,
  `${photo('..\\..\\windows')}${end}`,
  `${photo('a\r\nx-injected: 1')}${end}`,
  `${photo('a\0.png')}${end}`,
  `${photo('\xff\xfe')}${end}`,
  `${photo('a', 'nonsense')}${end}`,
  `${photo('a', 'image/png\0')}${end}`,
  `${photo('a', '')}${end}`,
  `${photo('a', 'text/html; charset=nonsense')}${end}`,
  `${photo('a', 'image/png', '\r\n--X-')}${end}`,
  `${photo('a', 'image/png', '\r\n--')}${end}`,
  `${photo('a'.repeat(5000))}${end}`,
  `${field('__proto__', '1')}${photo('a')}${end}`,
  `${field('constructor', '1')}${field('toString', '1')}${photo('a')}${end}`,
  `${field('', '1')}${photo('a')}${end}`,
  `${field('title', '\xff')}${photo('a')}${end}`,
  photo('a', 'image/png', 'cut'),
];

const boundaries: readonly string[] = [
  'multipart/form-data',
  'multipart/form-data;',
  'multipart/form-data; boundary',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=""',
  'multipart/form-data; boundary="X',
  'multipart/form-data; boundary=X; boundary=Y',
  'multipart/form-data; boundary=--X',
  'multipart/form-data; boundary=X\\',
  `multipart/form-data; boundary=${'X'.repeat(5000)}`,
  'multipart/form-data; boundary=\xff',
  "multipart/form-data; boundary*=UTF-8''X",
  "multipart/form-data; boundary*=UTF-8''%ff",
  'multipart/form-data; boundary*0=X; boundary*1=Y',
  'multipart/form-data; charset=nonsense; boundary=X',
  'multipart/mixed; boundary=X',
  'multipart/form-data-x; boundary=X',
  'MULTIPART/FORM-DATA; BOUNDARY=X',
];

/** Forms with files. */
export function multipartForms(random: Random): BadInput[] {
  const kind = 'multipart';
  const post = (name: string, path: string, body: string | (() => string | Buffer), type = multipart[1]): BadInput =>
    ask(kind, name, path, { headers: [['content-type', type]], body });
  const latin = (text: string) => (): Buffer => Buffer.from(text, 'latin1');
  const many = (count: number, part: (at: number) => string): string =>
    `${Array.from({ length: count }, (_, at) => part(at)).join('')}${end}`;
  const large: readonly (readonly [string, () => string])[] = [
    ['a thousand and one fields', () => many(1001, (at) => field(`f${at}`, 'x'))],
    ['a thousand fields', () => many(1000, (at) => field(`f${at}`, 'x'))],
    ['a thousand and one files', () => many(1001, () => photo('a'))],
    ['a thousand files', () => many(1000, () => photo('a'))],
    ['parts that are nothing', () => many(20_000, () => '--X\r\n\r\n\r\n')],
    ['parts that are no fields', () => many(20_000, () => '--X\r\nx-other: 1\r\n\r\n\r\n')],
    ['boundaries', () => '--X\r\n'.repeat(200_000)],
    ['almost boundaries', () => `${photo('a', 'image/png', '\r\n--'.repeat(250_000))}${end}`],
    ['almost boundaries, but one letter', () => `${photo('a', 'image/png', '\r\n--Y'.repeat(200_000))}${end}`],
    ['line breaks', () => `${photo('a', 'image/png', '\r\n'.repeat(500_000))}${end}`],
    ['a preamble', () => `${'p'.repeat(1_000_000)}\r\n${field('title', 'a')}${end}`],
    ['a preamble of line breaks', () => `${'\r\n'.repeat(500_000)}${field('title', 'a')}${end}`],
    ['a header that does not end', () => `--X\r\n${'h'.repeat(1_000_000)}`],
    ['many headers in a part', () => `--X\r\n${'a: b\r\n'.repeat(170_000)}\r\nx\r\n${end}`],
    [
      'many parameters',
      () => `--X\r\ncontent-disposition: form-data; ${'a=b; '.repeat(15_000)}name="photo"\r\n\r\nx\r\n${end}`,
    ],
    ['quotes', () => `--X\r\ncontent-disposition: form-data; name="${'\\"'.repeat(35_000)}"\r\n\r\nx\r\n${end}`],
    ['a file over its limit', () => `${photo('a', 'image/png', 'x'.repeat(600_000))}${end}`],
    ['a text of a megabyte', () => `${field('title', 'x'.repeat(1_000_000))}${photo('a')}${end}`],
    ['more than the limit', () => `${photo('a', 'image/png', 'x'.repeat(1_100_000))}${end}`],
  ];
  return [
    ...parts.flatMap((text, at) =>
      ['/upload', '/uploads', '/form'].map((path) => post(`parts ${at} to ${path}`, path, latin(text))),
    ),
    ...large.flatMap(([what, body]) =>
      ['/upload', '/uploads', '/form/model'].map((path) => post(`${what} to ${path}`, path, body)),
    ),
    ...boundaries.flatMap((type, at) =>
      ['/upload', '/form'].map((path) =>
        post(`boundary ${at} to ${path}`, path, `${field('title', 'a')}${photo('a')}${end}`, type),
      ),
    ),
    ...Array.from({ length: 40 }, (_, at) => {
      const bytes = Buffer.from(`${field('title', 'abc')}${photo('a.png')}${end}`, 'latin1');
      for (let times = 1 + random.below(4); times > 0; times--)
        bytes[random.below(bytes.length)] = random.pick([0, 10, 13, 34, 45, 58, 59, 61, 88, 255]);
      return post(`bytes changed at random ${at}`, '/upload', () => bytes);
    }),
  ];
}
