import { z } from 'zod';
import { body as jsonBody } from '../../../src/index.ts';
import { type Chapter, Item, optional, optionalText, textSet, tutorial } from './models.ts';

export const body: Chapter = {
  tutorial004: () => {
    const app = tutorial();
    const params = { item_id: z.int(), item: Item, q: optionalText };
    app.put('/items/{item_id}', { params }, ({ item_id, item, q }) => ({ item_id, ...item, ...(q && { q }) }));
    return app;
  },
};

function embedded(schema: z.ZodType): Chapter[string] {
  return () => {
    const app = tutorial();
    app.put('/items/{item_id}', { params: { item_id: z.int(), item: jsonBody(schema, { embed: true }) } }, (p) => p);
    return app;
  };
}

export const bodyFields: Chapter = {
  tutorial001: embedded(Item.extend({ description: optional(z.string().max(300)), price: z.number().gt(0) })),
};

const User = z.object({ username: z.string(), full_name: optionalText });

export const bodyMultipleParams: Chapter = {
  tutorial004: () => {
    const app = tutorial();
    const params = { item_id: z.int(), item: Item, user: User, importance: jsonBody(z.int().gt(0)), q: optionalText };
    app.put('/items/{item_id}', { params }, ({ q, ...rest }) => ({ ...rest, ...(q && { q }) }));
    return app;
  },
  tutorial005: embedded(Item),
};

const Tagged = Item.extend({ tags: textSet.default([]) });
const Image = z.object({ url: z.url(), name: z.string() });
const Illustrated = Tagged.extend({ images: optional(z.array(Image)) });

function updating(schema: z.ZodObject): Chapter[string] {
  return () => {
    const app = tutorial();
    app.put('/items/{item_id}', { params: { item_id: z.int(), item: schema } }, (p) => p);
    return app;
  };
}

function echoing(path: string, schema: z.ZodType): Chapter[string] {
  return () => {
    const app = tutorial();
    app.post(path, { params: { value: jsonBody(schema) } }, ({ value }) => value);
    return app;
  };
}

const Offer = z.object({
  name: z.string(),
  description: optionalText,
  price: z.number(),
  items: z.array(Illustrated),
});

export const bodyNestedModels: Chapter = {
  tutorial003: updating(Tagged),
  tutorial005: updating(Tagged.extend({ image: optional(Image) })),
  tutorial006: updating(Illustrated),
  tutorial007: echoing('/offers/', Offer),
  tutorial008: echoing('/images/multiple/', z.array(Image)),
  tutorial009: echoing('/index-weights/', z.record(z.int(), z.number())),
};

export const bodyUpdates: Chapter = {
  tutorial002: () => {
    const app = tutorial();
    const Stored = z.object({
      name: optionalText,
      description: optionalText,
      price: optional(z.number()),
      tax: z.number().default(10.5),
      tags: z.array(z.string()).default([]),
    });
    const Patch = z
      .object({
        name: z.string(),
        description: z.string(),
        price: z.number(),
        tax: z.number(),
        tags: z.array(z.string()),
      })
      .partial();
    const items = new Map<string, z.input<typeof Stored>>([
      ['foo', { name: 'Foo', price: 50.2 }],
      ['bar', { name: 'Bar', description: 'The bartenders', price: 62, tax: 20.2 }],
      ['baz', { name: 'Baz', description: null, price: 50.2, tax: 10.5, tags: [] }],
    ]);
    app.get(
      '/items/{item_id}',
      { params: { item_id: z.string() }, response: Stored },
      ({ item_id }) => items.get(item_id) ?? {},
    );
    app.patch(
      '/items/{item_id}',
      { params: { item_id: z.string(), item: Patch }, response: Stored },
      ({ item_id, item }) => {
        const updated = { ...items.get(item_id), ...(item as Partial<z.input<typeof Stored>>) };
        items.set(item_id, updated);
        return updated;
      },
    );
    return app;
  },
};
