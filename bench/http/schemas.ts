// The application's schemas in Zod, for the contenders that take Zod.
import { z } from 'zod';

/** The item's number in the path, for contenders that coerce by themselves. */
export const ItemId = z.int();

/** The same for contenders that hand on the text. */
export const ItemParams = z.object({ item_id: z.coerce.number().int() });

/** The query string, for contenders that hand on texts. */
export const ItemQuery = z.object({
  q: z.string().max(50).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(10),
});

/** What may leave of a found item. */
export const FoundItem = z.object({ item_id: z.int(), name: z.string(), q: z.string().nullable(), limit: z.int() });

/** What a new item must be. */
export const NewItem = z.object({
  name: z.string().min(1).max(100),
  price: z.number().positive(),
  tags: z.array(z.string()),
});
