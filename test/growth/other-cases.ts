import type { CompiledQuery } from 'kysely';
import { z } from 'zod';
import { messageLines } from '../../src/cli/terminal/error-lines.ts';
import { hideInput, hideSecrets } from '../../src/cli/terminal/hide-secrets.ts';
import { table } from '../../src/cli/terminal/table.ts';
import { jsonParameter, whyNotText } from '../../src/db/engine/bind-value.ts';
import { isRead, locksRows } from '../../src/db/engine/is-read.ts';
import { refuseControl } from '../../src/db/engine/refuse-control.ts';
import { createdAt, database, gt, model, oneOf, primaryKey } from '../../src/db/index.ts';
import { conditionsOf } from '../../src/db/model/conditions/filter.ts';
import { Keyset } from '../../src/db/model/conditions/keyset.ts';
import { rowsFromJson } from '../../src/db/model/rows/from-json.ts';
import { momentOf } from '../../src/db/model/table/moments.ts';
import { isPlainRead } from '../../src/db/postgres/statements/plain-read.ts';
import type { GrowthCase } from '../support/growth.ts';
import { atoms, chosen } from './schema-cases.ts';

const list = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, index) => item(index));
const fill = (size: number, atom: string): string => atom.repeat(Math.ceil(size / atom.length));

function on<T>(name: string, most: number, input: (size: number) => T, run: (value: T) => unknown): GrowthCase {
  return {
    name,
    most,
    make: (size) => {
      const value = input(size);
      return () => attempt(() => run(value));
    },
  };
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

const Note = model('notes', {
  id: primaryKey(),
  title: z.string(),
  data: z.record(z.string(), z.unknown()),
  createdAt: createdAt(),
});
database({ url: 'sqlite::memory:', models: { Note } });
const { definition } = Note as unknown as { readonly definition: Parameters<typeof conditionsOf>[0] };
const keyset = new Keyset(definition, ['-createdAt']);
const cursorOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const raw = (sql: string): CompiledQuery => ({ sql, query: { kind: 'RawNode' } }) as unknown as CompiledQuery;

const rows: readonly GrowthCase[] = [
  on(
    'rows for a model',
    4_000,
    (size) => list(size, (id) => ({ id, title: 'a', data: { id } })),
    (given) => z.array(Note.createSchema).parse(given),
  ),
  on(
    'values of a filter',
    100_000,
    (size) => ({ title: oneOf(list(size, String)) }),
    (filter) => conditionsOf(definition, filter, 'sqlite'),
  ),
  on(
    'a text of a filter',
    1_000_000,
    (size) => ({ title: gt(fill(size, '*?[')) }),
    (filter) => conditionsOf(definition, filter, 'sqlite'),
  ),
  on(
    'a cursor',
    400_000,
    (size) => cursorOf(['-createdAt,id', fill(size, '2'), 1]),
    (cursor) => keyset.after(cursor),
  ),
  on(
    'a cursor that is none',
    1_000_000,
    (size) => fill(size, 'W1'),
    (cursor) => keyset.after(cursor),
  ),
  on('a JSON column', 50_000, (size) => list(size, (id) => ({ id, at: {} })), jsonParameter),
  on('a JSON column of escapes', 200_000, (size) => [fill(size, '\\u00')], jsonParameter),
  on('a text column', 1_000_000, (size) => fill(size, '\u{1f600}'), whyNotText),
  on(
    'rows from JSON',
    20_000,
    (size) => list(size, (id) => ({ id, title: 'a', data: '{}', createdAt: '2026-01-01T00:00:00.000Z' })),
    (given) => rowsFromJson(definition, given),
  ),
];

const sqlTexts: readonly GrowthCase[] = chosen([
  'a',
  '"',
  ' ',
  "'",
  ';',
  '; ',
  'for ',
  'with ',
  'a(',
  'a (',
  'a.',
  '" ',
  'insert',
  '\n',
]).map((atom) => ({
  name: `SQL of ${JSON.stringify(atom)} again and again`,
  most: 400_000,
  make: (size) => {
    const queries = ['select ', 'with ', ''].map((start) => `${start}${fill(size, atom)}`);
    let times = 0;
    return () => {
      times++;
      // What is remembered costs nothing.
      for (const text of queries)
        for (const look of [isRead, locksRows, refuseControl, isPlainRead])
          attempt(() => look(raw(`${text} ${times}`)));
    };
  },
}));

const environment = { SECRET_KEY: 'very-secret-value', HOST: 'localhost' };

const messages: readonly GrowthCase[] = chosen(
  [
    'a',
    'a://',
    'a://b:',
    '://:@',
    ', "',
    ' (was ',
    ', ..."',
    '" is not valid JSON',
    ' (was a)',
    ' received ',
    '\n',
    'very-secret-value',
    ...atoms.slice(1),
  ],
  6,
).map((atom) => ({
  name: `messages for the terminal, and moments, of ${JSON.stringify(atom)}`,
  most: 400_000,
  make: (size) => {
    const texts = [fill(size, atom), `${fill(size, atom)}@`, `2026-01-01 ${fill(size, atom)}`];
    return () => {
      for (const text of texts) {
        hideSecrets(text, environment);
        hideInput(text, 'NAME', ['value'], environment);
        messageLines(new Error(text));
        momentOf(text);
      }
    };
  },
}));

const tables: readonly GrowthCase[] = [
  on(
    'rows of a table',
    20_000,
    (size) => list(size, (n) => [String(n), 'a\tb', '']),
    (given) => table(['a', 'b', 'c'], given),
  ),
  on(
    'issues for the terminal',
    50_000,
    (size) => Object.assign(new Error('no'), { issues: list(size, (n) => ({ message: 'bad', path: [n] })) }),
    messageLines,
  ),
];

export const otherCases: readonly GrowthCase[] = [...rows, ...sqlTexts, ...messages, ...tables];
