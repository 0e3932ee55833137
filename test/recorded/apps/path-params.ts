import { z } from 'zod';
import { path, query } from '../../../src/index.ts';
import { type Chapter, optionalText, text, tutorial } from './models.ts';

export const pathParams: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.get('/items/{item_id}', { params: { item_id: text } }, (p) => p);
    return app;
  },
  tutorial002: () => {
    const app = tutorial();
    app.get('/items/{item_id}', { params: { item_id: z.int() } }, (p) => p);
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    app.get('/users/me', () => ({ user_id: 'the current user' }));
    app.get('/users/{user_id}', { params: { user_id: text } }, (p) => p);
    return app;
  },
  // Cortado refuses the chapter's second route at registration, as it could never be reached.
  tutorial003b: () => {
    const app = tutorial();
    app.get('/users', () => ['Rick', 'Morty']);
    return app;
  },
  tutorial004: () => {
    const app = tutorial();
    app.get('/files/{file_path:path}', { params: { file_path: text } }, (p) => p);
    return app;
  },
};

type Found = { item_id: number; q: string | null };
const found = ({ item_id, q }: Found): object => (q ? { item_id, q } : { item_id });
const title = 'The ID of the item to get';

export const pathParamsNumericValidations: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const params = { item_id: path(z.int().meta({ title })), q: query(optionalText, { alias: 'item-query' }) };
    app.get('/items/{item_id}', { params }, found);
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    app.get('/items/{item_id}', { params: { item_id: path(z.int().meta({ title })), q: text } }, found);
    return app;
  },
  tutorial004: () => {
    const app = tutorial();
    app.get('/items/{item_id}', { params: { item_id: path(z.int().min(1)), q: text } }, found);
    return app;
  },
  tutorial005: () => {
    const app = tutorial();
    app.get('/items/{item_id}', { params: { item_id: path(z.int().gt(0).lte(1000)), q: text } }, found);
    return app;
  },
};
