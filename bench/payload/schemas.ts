// The application's schemas in Zod, for the contenders that take Zod.
import { z } from 'zod';

const Line = z.object({
  sku: z.string().min(1).max(40),
  name: z.string().min(1).max(100),
  quantity: z.int().min(1).max(999),
  unit_price: z.number().nonnegative(),
  currency: z.enum(['EUR', 'USD', 'GBP']),
  discount: z.number().min(0).max(1),
  is_gift: z.boolean(),
  note: z.string().max(200).nullable(),
});

/** What an order must be. */
export const Order = z.object({
  reference: z.string().min(1).max(40),
  customer: z.object({ id: z.int(), name: z.string().min(1).max(100) }),
  lines: z.array(Line).min(1).max(200),
});

/** What may leave of the rows. */
export const Rows = z.array(
  z.object({
    id: z.int(),
    name: z.string(),
    email: z.string(),
    role: z.enum(['admin', 'guest']),
    is_active: z.boolean(),
    score: z.number(),
    created_at: z.string(),
    tags: z.array(z.string()),
  }),
);
