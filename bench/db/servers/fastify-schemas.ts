// JSON Schemas for the servers on Fastify, checked by Ajv and written by fast-json-stringify.
const user = {
  type: 'object',
  required: ['id', 'name', 'age'],
  properties: { id: { type: 'integer' }, name: { type: 'string' }, age: { type: 'integer' } },
} as const;

/** Schemas of `GET /users/:id`. */
export const getSchema = {
  params: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
  response: { 200: user },
} as const;

/** Schemas of `GET /users`. */
export const listSchema = { response: { 200: { type: 'array', items: user } } } as const;

/** Schemas of `POST /users`. */
export const postSchema = {
  body: {
    type: 'object',
    required: ['name', 'age'],
    properties: { name: { type: 'string', maxLength: 100 }, age: { type: 'integer' } },
  },
  response: { 201: user },
} as const;
