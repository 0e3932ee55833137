import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { App, type OpenApiDocument } from '../../src/index.ts';

const Cat = z.object({ kind: z.literal('cat'), lives: z.int().default(9) }).meta({ id: 'Cat' });
const Dog = z.object({ kind: z.enum(['dog', 'puppy']), bark: z.boolean() }).meta({ id: 'Dog' });
const Pet = z.discriminatedUnion('kind', [Cat, Dog]);
const Fish = z.object({ kind: z.literal('fish') }).meta({ id: 'Fish' });

function documentOf(schema: z.ZodType, separateInputOutputSchemas = true): OpenApiDocument {
  const app = new App({ logger: false, separateInputOutputSchemas });
  app.post('/x', { params: { it: schema }, response: schema }, ({ it }) => it as never);
  return app.openapi();
}

interface Bodies {
  readonly sent: unknown;
  readonly answered: unknown;
}

function bodiesOf({ paths }: OpenApiDocument): Bodies {
  const { requestBody, responses } = paths['/x']!['post'] as unknown as {
    requestBody: { content: Record<string, { schema: unknown }> };
    responses: Record<string, { content: Record<string, { schema: unknown }> }>;
  };
  const json = 'application/json';
  return { sent: requestBody.content[json]!.schema, answered: responses['200']!.content[json]!.schema };
}

const refs = (names: readonly string[]): object[] => names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
const mapped = (mapping: Readonly<Record<string, string>>): object => ({
  propertyName: 'kind',
  mapping: Object.fromEntries(Object.entries(mapping).map(([value, name]) => [value, `#/components/schemas/${name}`])),
});

describe('a union that a property tells apart', () => {
  test('has a discriminator, with each value of it, by the final names of its members', () => {
    const { sent, answered } = bodiesOf(documentOf(Pet));
    assert.deepEqual(sent, {
      oneOf: refs(['Cat-Input', 'Dog']),
      discriminator: mapped({ cat: 'Cat-Input', dog: 'Dog', puppy: 'Dog' }),
    });
    assert.deepEqual(answered, {
      oneOf: refs(['Cat-Output', 'Dog']),
      discriminator: mapped({ cat: 'Cat-Output', dog: 'Dog', puppy: 'Dog' }),
    });
  });

  test('has it inside of a named schema, of a list and of another union', () => {
    const Home = z.object({ pets: z.array(Pet) }).meta({ id: 'Home' });
    const { schemas } = documentOf(Home).components!;
    const { discriminator } = schemas['Home-Input']!.properties!['pets']!.items as { discriminator: unknown };
    assert.deepEqual(discriminator, mapped({ cat: 'Cat-Input', dog: 'Dog', puppy: 'Dog' }));
    const Swimming = z.discriminatedUnion('kind', [Pet, Fish]);
    const all = bodiesOf(documentOf(Swimming)).sent as { discriminator: unknown };
    assert.deepEqual(all.discriminator, mapped({ cat: 'Cat-Input', dog: 'Dog', puppy: 'Dog', fish: 'Fish' }));
  });

  test('has it where the union has a name of its own', () => {
    const Named = Pet.meta({ id: 'Pet' });
    const Swimming = z.discriminatedUnion('kind', [Named, Fish]);
    const { sent } = bodiesOf(documentOf(Swimming)) as { sent: { discriminator: unknown } };
    assert.deepEqual(
      sent.discriminator,
      mapped({ cat: 'Pet-Input', dog: 'Pet-Input', puppy: 'Pet-Input', fish: 'Fish' }),
    );
  });

  for (const [what, schema] of [
    ['one of whose members has no name', z.discriminatedUnion('kind', [Cat, z.object({ kind: z.literal('bird') })])],
    ['that is a plain one', z.union([Cat, Dog])],
  ] as const)
    test(`has none ${what}`, () => {
      const text = JSON.stringify(documentOf(schema));
      assert.doesNotMatch(text, /discriminator/);
    });
});

describe('separateInputOutputSchemas', () => {
  const Item = z.object({ name: z.string(), size: z.int().default(1) }).meta({ id: 'Item' });
  const Order = z.object({ items: z.array(Item) }).meta({ id: 'Order' });

  test('by default makes two of what answers always have', () => {
    assert.deepEqual(Object.keys(documentOf(Order).components!.schemas).sort(), [
      'HTTPValidationError',
      'Item-Input',
      'Item-Output',
      'Order-Input',
      'Order-Output',
      'ValidationError',
    ]);
  });

  test('false makes one, as requests have it, of it and of what refers to it', () => {
    const document = documentOf(Order, false);
    const { schemas } = document.components!;
    assert.deepEqual(Object.keys(schemas).sort(), ['HTTPValidationError', 'Item', 'Order', 'ValidationError']);
    assert.deepEqual(schemas['Item']!.required, ['name']);
    assert.deepEqual(bodiesOf(document), { sent: refs(['Order'])[0], answered: refs(['Order'])[0] });
  });

  test('false leaves two of what is another value in answers', () => {
    const Stamped = z.object({ n: z.codec(z.string(), z.int(), { decode: Number, encode: String }) }).meta({ id: 'S' });
    const { schemas } = documentOf(Stamped, false).components!;
    assert.deepEqual(
      Object.keys(schemas).filter((name) => name.startsWith('S')),
      ['S-Input', 'S-Output'],
    );
  });

  test('false takes the form of requests, also where answers come first', () => {
    const app = new App({ logger: false, separateInputOutputSchemas: false });
    app.get('/a', { response: Item }, () => ({ name: 'a' }));
    app.post('/b', { params: { item: Item } }, () => 1);
    const { schemas } = app.openapi().components!;
    assert.deepEqual(Object.keys(schemas).slice(0, 1), ['Item']);
    assert.deepEqual(schemas['Item']!.required, ['name']);
  });

  test('false takes a property of the name "required" for what it is', () => {
    const text = z.codec(z.string(), z.int(), { decode: Number, encode: String });
    const { schemas } = documentOf(z.object({ required: text }).meta({ id: 'Form' }), false).components!;
    assert.deepEqual(
      Object.keys(schemas).filter((name) => name.startsWith('Form')),
      ['Form-Input', 'Form-Output'],
    );
  });
});
