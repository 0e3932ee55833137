import type { Random } from '../../support/random.ts';
import { atoms, encodedAtoms } from '../atoms.ts';
import { ask, type BadInput, json } from '../bad-input.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64url');

const written: readonly string[] = [
  'null',
  '1',
  '"a"',
  '{}',
  '[]',
  '[null]',
  '[1]',
  '[1,2]',
  '[1,"a","2024-01-01T00:00:00.000Z",1]',
  '["a",1,null,1]',
  '[1e400,"a","2024-01-01T00:00:00.000Z",1]',
  '[9007199254740993,"a","2024-01-01T00:00:00.000Z",1]',
  '[99999999999999999999,"a","2024-01-01T00:00:00.000Z",1]',
  '[-99999999999999999999,"a","2024-01-01T00:00:00.000Z",1]',
  '[1.5,"a","2024-01-01T00:00:00.000Z",1]',
  '[1,"a","2024-01-01T00:00:00.000Z",1.5]',
  '[1,"a","2024-01-01T00:00:00.000Z",1e19]',
  '[1,"a","2024-01-01T00:00:00.000Z",-1]',
  '[1,"\\u0000","2024-01-01T00:00:00.000Z",1]',
  '[1,"\\ud800","2024-01-01T00:00:00.000Z",1]',
  '[1,"a","2024-02-30",1]',
  '[1,"a","2024-01-01T00:00:00.000Z",1]',
  '[1,"a","+275760-09-13T00:00:00.000Z",1]',
  '[1,"a","-004714-01-01T00:00:00.000Z",1]',
  '[1,"a","0000-01-01T00:00:00.000Z",1]',
  '[1,"a","now()",1]',
  '[1,"a",{"$date":1},1]',
  '[{"a":1},"a","2024-01-01T00:00:00.000Z",1]',
  '[[1],"a","2024-01-01T00:00:00.000Z",1]',
  '[true,"a","2024-01-01T00:00:00.000Z",1]',
  '[1,"a","2024-01-01T00:00:00.000Z",1,2,3]',
  '[1,"\'; drop table notes; --","2024-01-01T00:00:00.000Z",1]',
  '["NaN",null,1]',
  '["Infinity","1",1]',
  '[0,"9223372036854775808",1]',
  '[0,"-9223372036854775809",1]',
  '[0,"1.5",1]',
  '[0,"x",1]',
  '[0,{"bigint":"1"},1]',
  '[0,1,1]',
  '{"__proto__":[1]}',
  '{"likes":1,"title":"a","due":null,"id":1}',
];

const spelled: readonly string[] = [
  '',
  '.',
  '=',
  '====',
  'a',
  '%00',
  '%ff',
  '-',
  '_',
  'A'.repeat(8000),
  'e30',
  'e30=',
  'W10',
  '~~~~',
  'MA',
  '0',
  'null',
  'undefined',
  '../',
  '%2F',
  '__proto__',
];

/** Cursors that nobody has given out, of rows and of tasks. */
export function cursors(random: Random): BadInput[] {
  const kind = 'cursors';
  const paths = ['/feed', '/feed/big', '/tasks'];
  const get = (name: string, path: string, cursor: string): BadInput => ask(kind, name, `${path}?cursor=${cursor}`, {});
  return [
    ...written.flatMap((text, at) => paths.map((path) => get(`cursor ${at} of ${path}`, path, base64(text)))),
    // In an order that there is.
    ...written
      .filter((text) => text.startsWith('[') && text !== '[]')
      .flatMap((text, at) =>
        ['-likes,title,due,id', 'price,big,id'].map((order, of) =>
          get(`cursor ${at} in the order ${order}`, paths[of]!, base64(`["${order}",${text.slice(1)}`)),
        ),
      ),
    ...spelled.flatMap((text, at) => paths.map((path) => get(`spelling ${at} of ${path}`, path, text))),
    ...['1:a', '1|a', '1,a', '1 a', '1970-01-01T00:00:00.000Z', '1e19', `${'9'.repeat(30)}.x`].flatMap((text) =>
      ['', ':x', ',0197b2d4-0000-7000-8000-000000000000', '\0'].map((rest) =>
        get(`a cursor of tasks, ${text}${rest ? ` and ${JSON.stringify(rest)}` : ''}`, '/tasks', base64(text + rest)),
      ),
    ),
    ...encodedAtoms.map(([what, text]) => get(`a cursor that is ${what}`, '/feed', text)),
    ...encodedAtoms.map(([what, text]) => get(`a cursor of tasks that is ${what}`, '/tasks', text)),
    ...Array.from({ length: 40 }, (_, at) => {
      const order = random.pick(['-likes,title,due,id', 'price,big,id', '', 'id']);
      const value = (): unknown =>
        random.pick<unknown>([
          null,
          1,
          -1,
          1.5,
          'a',
          '',
          true,
          {},
          [],
          1e19,
          '\0',
          '2024-01-01T00:00:00.000Z',
          '9223372036854775808',
        ]);
      return get(
        `values at random ${at}`,
        random.pick(paths),
        base64(JSON.stringify([order, ...Array.from({ length: random.below(6) }, value)])),
      );
    }),
  ];
}

/** Ids of rows and of tasks that are none. */
export function ids(): BadInput[] {
  const kind = 'ids';
  return [
    ...encodedAtoms.flatMap(([what, text]) => [
      ask(kind, `a note ${what}`, `/notes/${text}`, {}),
      ask(kind, `a thing ${what}`, `/things/${text}`, {}),
      ask(kind, `a note to change, ${what}`, `/notes/${text}`, {
        method: 'PATCH',
        headers: [json],
        body: '{"likes":1}',
      }),
      ask(kind, `a note to delete, ${what}`, `/notes/${text === '' ? 'x' : text}`, { method: 'DELETE' }),
      ask(kind, `a note by a statement, ${what}`, `/session/${text}`, {}),
    ]),
    ...[
      '0',
      '-1',
      '2147483648',
      '9007199254740991',
      '9007199254740992',
      '-9007199254740992',
      '9223372036854775807',
      '9223372036854775808',
      '1e15',
      '1e16',
      '1.0',
      '1_0',
    ].flatMap((id) => [
      ask(kind, `the note ${id}`, `/notes/${id}`, {}),
      ask(kind, `the statement for ${id}`, `/session/${id}`, {}),
      ask(kind, `the thing ${id}`, `/things/${id}`, {}),
    ]),
  ];
}

const rows: readonly string[] = [
  '{}',
  '{"title":null}',
  '{"title":"a","id":1}',
  '{"title":"a\\u0000b"}',
  '{"title":"\\ud800"}',
  '{"title":"a","text":"\\u0000"}',
  '{"title":"a","text":"\\udfff"}',
  '{"title":"a","likes":9007199254740991}',
  '{"title":"a","likes":9007199254740992}',
  '{"title":"a","likes":1e300}',
  '{"title":"a","likes":1.5}',
  '{"title":"a","likes":-0}',
  '{"title":"a","big":9223372036854775807}',
  '{"title":"a","big":9223372036854775808}',
  '{"title":"a","big":-9223372036854775809}',
  '{"title":"a","big":1e30}',
  '{"title":"a","big":null}',
  '{"title":"a","price":1e400}',
  '{"title":"a","price":1e308}',
  '{"title":"a","price":5e-324}',
  '{"title":"a","price":-0}',
  '{"title":"a","due":"0000-01-01"}',
  '{"title":"a","due":"9999-12-31T23:59:59.999Z"}',
  '{"title":"a","due":"+010000-01-01T00:00:00Z"}',
  '{"title":"a","due":"-000001-01-01T00:00:00Z"}',
  '{"title":"a","due":"2024-02-30"}',
  '{"title":"a","due":1e20}',
  '{"title":"a","meta":{"\\u0000":1}}',
  '{"title":"a","meta":{"a":"\\u0000"}}',
  '{"title":"a","meta":{"a":["\\ud800"]}}',
  '{"title":"a","meta":{"\\ud800":1}}',
  '{"title":"a","meta":{"a":1e308}}',
  '{"title":"a","meta":{"a":9007199254740993}}',
  '{"title":"a","meta":{"toJSON":1,"toString":2}}',
  '{"title":"a","meta":{"__proto__":{"x":1}}}',
  '{"title":"a","meta":[1]}',
  '{"title":"a","meta":null}',
  `{"title":"a","meta":{"a":${'['.repeat(3000)}${']'.repeat(3000)}}}`,
  `{"title":"a","meta":{"a":${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}}}`,
  '{"title":"a","slug":"taken"}',
  '{"title":"b","slug":"taken"}',
  '{"title":"a","slug":""}',
  '{"title":"a","nothing":"known"}',
  '{"title":"a; drop table notes"}',
  '{"title":{"contains":"a"}}',
  '{"title":["a"]}',
];

/** Rows that no table could hold, and conditions that no column understands. */
export function filters(random: Random): BadInput[] {
  const kind = 'filters';
  const fields = ['title', 'start', 'likes', 'big', 'price', 'after', 'ids', 'offset'];
  return [
    ...rows.flatMap((text, at) => [
      ask(kind, `a row ${at}`, '/notes', { headers: [json], body: text }),
      ask(kind, `a change ${at}`, '/notes/1', { method: 'PATCH', headers: [json], body: text }),
    ]),
    ...fields.flatMap((name) =>
      encodedAtoms.map(([what, text]) => ask(kind, `${name} is ${what}`, `/filter?${name}=${text}`, {})),
    ),
    ...encodedAtoms.map(([what, text]) => ask(kind, `a title that has ${what}`, `/notes?title=${text}`, {})),
    ask(kind, 'a thousand ids', `/filter?${'ids=1&'.repeat(1000)}`, {}),
    ask(kind, 'wildcards', `/notes?title=${'%25_'.repeat(1000)}`, {}),
    ask(kind, 'a text of half a megabyte', '/notes', {
      headers: [json],
      body: () => `{"title":"a","text":"${'x'.repeat(500_000)}"}`,
    }),
    ask(kind, 'a record of thousands', '/notes', {
      headers: [json],
      body: () => `{"title":"a","meta":{${Array.from({ length: 30_000 }, (_, at) => `"k${at}":"\\u0000"`).join()}}}`,
    }),
    ...Array.from({ length: 40 }, (_, at) =>
      ask(
        kind,
        `conditions at random ${at}`,
        `/filter?${Array.from({ length: 1 + random.below(5) }, () => `${random.pick(fields)}=${random.pick(encodedAtoms)[1]}`).join('&')}`,
        {},
      ),
    ),
    ...Object.entries(atoms).map(([what, text]) =>
      ask(kind, `a row of ${what}`, '/notes', {
        headers: [json],
        body: JSON.stringify({ title: text, text, meta: { [text]: text } }),
      }),
    ),
  ];
}
