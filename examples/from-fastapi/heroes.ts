import { App, HttpError, query } from 'cortado';
import { database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';

// SQL (Relational) Databases
export class Hero extends model('heroes', {
  id: primaryKey(),
  name: z.string(),
  age: z.int().nullable().default(null),
  secret_name: z.string(),
}) {}
export const db = database({ url: process.env['DATABASE_URL'] ?? 'sqlite::memory:', models: { Hero } });

const HeroPublic = Hero.schema.omit({ secret_name: true }).meta({ id: 'HeroPublic' });

const app = new App({ title: 'Heroes' });
app.use(db, { createSchema: true });

app.post('/heroes', { params: { hero: Hero.createSchema }, response: HeroPublic, status: 201 }, ({ hero }) =>
  Hero.create(hero),
);

app.get(
  '/heroes',
  {
    params: { offset: z.int().min(0).default(0), limit: query(z.int().max(100).default(100)) },
    response: z.array(HeroPublic),
  },
  ({ offset, limit }) => Hero.all().orderBy('id').offset(offset).limit(limit),
);

app.patch(
  '/heroes/{id}',
  { params: { id: z.int(), hero: Hero.updateSchema }, response: HeroPublic },
  async ({ id, hero }) => {
    const found = await Hero.getOrNull({ id });
    if (found === null) throw new HttpError(404, 'Hero not found');
    return Object.assign(found, hero).save();
  },
);

export default app;
