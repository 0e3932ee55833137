import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { createdAt, database, model, primaryKey } from '../../src/db/index.ts';
import { App, eventStream, jsonLines, query } from '../../src/index.ts';

const fields = {
  id: primaryKey(),
  what: z.string(),
  cents: z.int().min(0),
  paid: z.boolean().default(false),
  created: createdAt(),
};
class Expense extends model('expenses', fields) {}
const Category = model('categories', { id: primaryKey(), name: z.string() });
database({ url: 'sqlite::memory:', models: { Expense, Category } });

/** A document of routes, each with what its schema must be there. */
function documentOf(declare: (app: App) => void) {
  const app = new App({ logger: false });
  declare(app);
  const { paths, components } = app.openapi();
  const schemas = (components?.schemas ?? {}) as Record<string, object>;
  const answer = (path: string) => {
    const { responses } = paths[path]!['get'] as {
      responses: Record<string, { content: Record<string, { schema: object }> }>;
    };
    return Object.values(responses['200']!.content)[0]!.schema;
  };
  const body = (path: string) => {
    const { requestBody } = paths[path]!['post'] as { requestBody: { content: Record<string, { schema: object }> } };
    return Object.values(requestBody.content)[0]!.schema;
  };
  return {
    schemas,
    answer,
    body,
    names: Object.keys(schemas)
      .filter((name) => !/ValidationError$/.test(name))
      .sort(),
  };
}

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

const answers: readonly [string, z.ZodType, object, readonly string[]][] = [
  ['a row', Expense.schema, ref('Expense'), ['Expense']],
  ['rows', z.array(Expense.schema), { type: 'array', items: ref('Expense') }, ['Expense']],
  ['a row or null', Expense.schema.nullable(), { anyOf: [ref('Expense'), { type: 'null' }] }, ['Expense']],
  [
    'one of two models',
    z.union([Expense.schema, Category.schema]),
    { anyOf: [ref('Expense'), ref('Category')] },
    ['Category', 'Expense'],
  ],
  ['a page', Expense.pageSchema, ref('ExpensePage'), ['Expense', 'ExpensePage']],
  ['a page by cursor', Expense.cursorPageSchema, ref('ExpenseCursorPage'), ['Expense', 'ExpenseCursorPage']],
  [
    'rows inside of an object, twice',
    z.object({ expense: Expense.schema, others: z.array(Expense.schema), category: Category.schema.optional() }),
    {
      type: 'object',
      properties: {
        expense: ref('Expense'),
        others: { type: 'array', items: ref('Expense') },
        category: ref('Category'),
      },
      required: ['expense', 'others'],
    },
    ['Category', 'Expense'],
  ],
  [
    'a record of rows',
    z.record(z.string(), Expense.schema),
    { type: 'object', propertyNames: { type: 'string' }, additionalProperties: ref('Expense') },
    ['Expense'],
  ],
  [
    'a schema of its own that holds rows',
    z.object({ rows: z.array(Expense.schema) }).meta({ id: 'Report' }),
    ref('Report'),
    ['Expense', 'Report'],
  ],
  [
    'a recursive schema that holds rows',
    z
      .object({
        row: Expense.schema,
        get more() {
          return z.array(z.lazy(() => tree));
        },
      })
      .meta({ id: 'Tree' }),
    ref('Tree'),
    ['Expense', 'Tree'],
  ],
];
const tree = answers.at(-1)![1];

for (const [what, schema, expected, names] of answers)
  test(`an answer of ${what} refers to its models by name`, () => {
    const document = documentOf((app) => app.get('/', { response: schema }, () => undefined as never));
    assert.deepEqual(document.answer('/'), expected);
    assert.deepEqual(document.names, names);
  });

test('a body has the name of what is created or changed, alone and among others', () => {
  const { body, names, schemas } = documentOf((app) => {
    app.post('/expenses', { params: { expense: Expense.createSchema } }, () => 1);
    app.post('/changes', { params: { change: Expense.updateSchema } }, () => 1);
    app.post('/both', { params: { expense: Expense.createSchema, category: Category.createSchema } }, () => 1);
    app.post('/many', { params: { expenses: z.array(Expense.createSchema) } }, () => 1);
  });
  assert.deepEqual(body('/expenses'), ref('ExpenseCreate'));
  assert.deepEqual(body('/changes'), ref('ExpenseUpdate'));
  assert.deepEqual(body('/many'), { type: 'array', items: ref('ExpenseCreate') });
  assert.deepEqual(names, ['Body_both_post', 'CategoryCreate', 'ExpenseCreate', 'ExpenseUpdate']);
  assert.doesNotMatch(JSON.stringify(schemas), /x-cortado/);
});

test('a model that is sent and answered is two schemas where they differ, as in FastAPI', () => {
  const { body, answer, names } = documentOf((app) => {
    app.post('/', { params: { expense: Expense.schema } }, () => 1);
    app.get('/', { response: Expense.schema }, () => undefined as never);
    app.post('/categories', { params: { category: Category.schema } }, () => 1);
    app.get('/categories', { response: Category.schema }, () => undefined as never);
  });
  assert.deepEqual([body('/'), answer('/')], [ref('Expense-Input'), ref('Expense-Output')]);
  assert.deepEqual([body('/categories'), answer('/categories')], [ref('Category'), ref('Category')]);
  assert.deepEqual(names, ['Category', 'Expense-Input', 'Expense-Output']);
});

test('models of one name in two databases are told apart by a number, pages with them', () => {
  const other = (() => {
    class Expense extends model('expenses', { id: primaryKey(), note: z.string() }) {}
    database({ url: 'sqlite::memory:', name: 'other', models: { Expense } });
    return Expense;
  })();
  const { answer, schemas, names } = documentOf((app) => {
    app.get('/a', { response: Expense.schema }, () => undefined as never);
    app.get('/b', { response: other.schema }, () => undefined as never);
    app.get('/both', { response: z.object({ a: Expense.schema, b: other.schema }) }, () => undefined as never);
    app.get('/page', { response: other.pageSchema }, () => undefined as never);
  });
  assert.deepEqual([answer('/a'), answer('/b')], [ref('Expense'), ref('Expense2')]);
  assert.deepEqual((answer('/both') as { properties: object }).properties, { a: ref('Expense'), b: ref('Expense2') });
  assert.deepEqual(names, ['Expense', 'Expense2', 'ExpensePage']);
  assert.deepEqual((schemas['ExpensePage'] as { properties: { items: object } }).properties.items, {
    type: 'array',
    items: ref('Expense2'),
  });
});

test('two models of one name that first meet in one answer are two', () => {
  class Cup extends model('cups', { id: primaryKey() }) {}
  const other = (() => {
    class Cup extends model('cups', { id: primaryKey(), size: z.int() }) {}
    return Cup;
  })();
  const { answer } = documentOf((app) =>
    app.get('/', { response: z.object({ a: Cup.schema, b: other.schema }) }, () => undefined as never),
  );
  assert.deepEqual((answer('/') as { properties: object }).properties, { a: ref('Cup'), b: ref('Cup2') });
});

test('a model is named by its class before any database has it, and by its key there where its class has no name', () => {
  class Lone extends model('lone', { id: primaryKey() }) {}
  const nameless = model('nameless', { id: primaryKey() });
  const later = documentOf((app) =>
    app.get('/', { response: z.tuple([Lone.schema, nameless.schema]) }, () => undefined as never),
  );
  assert.deepEqual(later.names, ['Lone']);
  database({ url: 'sqlite::memory:', models: { Named: nameless } });
  assert.deepEqual(documentOf((app) => app.get('/', { response: nameless.schema }, () => undefined as never)).names, [
    'Named',
  ]);
});

test('what is made of a model has no name of its own, and streams and query models keep theirs', () => {
  const { answer, names } = documentOf((app) => {
    app.get('/picked', { response: Expense.schema.pick({ what: true }) }, () => undefined as never);
    app.get('/lines', { response: jsonLines(Expense.schema) }, async function* () {});
    app.get('/events', { response: eventStream(Expense.schema) }, async function* () {});
    app.get('/searched', { params: { search: query(Expense.updateSchema.pick({ what: true })) } }, () => 1);
  });
  assert.deepEqual(answer('/picked'), { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] });
  assert.deepEqual((answer('/lines') as { contentSchema: object }).contentSchema, ref('Expense'));
  assert.match(JSON.stringify(answer('/events')), /components\/schemas\/Expense"/);
  assert.deepEqual(names, ['Expense']);
});
