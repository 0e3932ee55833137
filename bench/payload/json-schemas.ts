// The same in JSON Schema, for Ajv.
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength }) as const;

function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties) };
}

export const order: object = object({
  reference: text(40),
  customer: object({ id: { type: 'integer' }, name: text(100) }),
  lines: {
    type: 'array',
    minItems: 1,
    maxItems: 200,
    items: object({
      sku: text(40),
      name: text(100),
      quantity: { type: 'integer', minimum: 1, maximum: 999 },
      unit_price: { type: 'number', minimum: 0 },
      currency: { type: 'string', enum: ['EUR', 'USD', 'GBP'] },
      discount: { type: 'number', minimum: 0, maximum: 1 },
      is_gift: { type: 'boolean' },
      note: { type: ['string', 'null'], maxLength: 200 },
    }),
  },
});

export const rows: object = {
  type: 'array',
  items: object({
    id: { type: 'integer' },
    name: { type: 'string' },
    email: { type: 'string' },
    role: { type: 'string', enum: ['admin', 'guest'] },
    is_active: { type: 'boolean' },
    score: { type: 'number' },
    created_at: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
  }),
};
