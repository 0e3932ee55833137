import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import { HttpError, query } from '../../../src/index.ts';
import { type Chapter, tutorial } from './models.ts';

const HeroPublic = z.object({ name: z.string(), age: z.int().nullable(), id: z.int() });
const HeroCreate = z.object({ name: z.string(), age: z.int().nullable().default(null), secret_name: z.string() });
const HeroUpdate = z.object({ name: z.string(), age: z.int().nullable(), secret_name: z.string() }).partial();

export const sqlDatabases: Chapter = {
  tutorial002: () => {
    class Hero extends model('heroes', {
      id: primaryKey(),
      name: z.string(),
      age: z.int().nullable(),
      secret_name: z.string(),
    }) {}
    const app = tutorial();
    app.use(database({ url: 'sqlite::memory:', models: { Hero } }), { createSchema: true });
    const found = async (id: number): Promise<Hero> => {
      const hero = await Hero.getOrNull({ id });
      if (hero === null) throw new HttpError(404, 'Hero not found');
      return hero;
    };
    const hero_id = z.int();
    app.post('/heroes/', { params: { hero: HeroCreate }, response: HeroPublic }, ({ hero }) => Hero.create(hero));
    app.get(
      '/heroes/',
      {
        params: { offset: z.int().default(0), limit: query(z.int().max(100).default(100)) },
        response: z.array(HeroPublic),
      },
      ({ offset, limit }) => Hero.all().orderBy('id').offset(offset).limit(limit),
    );
    app.get('/heroes/{hero_id}', { params: { hero_id }, response: HeroPublic }, ({ hero_id }) => found(hero_id));
    app.patch(
      '/heroes/{hero_id}',
      { params: { hero_id, hero: HeroUpdate }, response: HeroPublic },
      async ({ hero_id, hero }) => Object.assign(await found(hero_id), hero).save(),
    );
    app.delete('/heroes/{hero_id}', { params: { hero_id } }, async ({ hero_id }) => {
      await (await found(hero_id)).delete();
      return { ok: true };
    });
    return app;
  },
};
