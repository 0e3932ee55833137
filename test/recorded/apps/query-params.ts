import { z } from 'zod';
import { query } from '../../../src/index.ts';
import { type Chapter, optional, optionalText, text, tutorial } from './models.ts';

const stock = [{ item_name: 'Foo' }, { item_name: 'Bar' }, { item_name: 'Baz' }];

export const queryParams: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.get('/items/', { params: { skip: z.int().default(0), limit: z.int().default(10) } }, ({ skip, limit }) =>
      stock.slice(skip, skip + limit),
    );
    return app;
  },
  tutorial002: () => {
    const app = tutorial();
    app.get('/items/{item_id}', { params: { item_id: text, q: optionalText } }, ({ item_id, q }) =>
      q ? { item_id, q } : { item_id },
    );
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    const params = { item_id: text, q: optionalText, short: z.boolean().default(false) };
    app.get('/items/{item_id}', { params }, ({ item_id, q, short }) => ({
      item_id,
      ...(q && { q }),
      ...(!short && { description: 'This is an amazing item that has a long description' }),
    }));
    return app;
  },
  tutorial006: () => {
    const app = tutorial();
    const params = { item_id: text, needy: text, skip: z.int().default(0), limit: optional(z.int()) };
    app.get('/items/{item_id}', { params }, (p) => p);
    return app;
  },
};

const items = [{ item_id: 'Foo' }, { item_id: 'Bar' }];
const search = ({ q }: { q: string | null }): object => (q ? { items, q } : { items });

function searching(schema: z.ZodType<string | null>): Chapter[string] {
  return () => {
    const app = tutorial();
    app.get('/items/', { params: { q: query(schema) } }, search);
    return app;
  };
}

export const queryParamsStrValidations: Chapter = {
  tutorial001: searching(optionalText),
  tutorial004: searching(
    optional(
      z
        .string()
        .min(3)
        .max(50)
        .regex(/^fixedquery$/),
    ),
  ),
  tutorial005: searching(z.string().min(3).default('fixedquery')),
  tutorial006: searching(z.string().min(3)),
  tutorial008: searching(optional(z.string().min(3))),
  tutorial013: () => {
    const app = tutorial();
    app.get('/items/', { params: { q: query(z.array(z.unknown()).default([])) } }, (p) => p);
    return app;
  },
};

export const queryParamModels: Chapter = {
  tutorial002: () => {
    const app = tutorial();
    const Filter = z.strictObject({
      limit: z.int().gt(0).lte(100).default(100),
      offset: z.int().min(0).default(0),
      order_by: z.literal(['created_at', 'updated_at']).default('created_at'),
      tags: z.array(z.string()).default([]),
    });
    app.get('/items/', { params: { filter: query(Filter) } }, ({ filter }) => filter);
    return app;
  },
};
