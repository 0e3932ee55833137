import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import { App, HttpError } from '../../../src/index.ts';
import { listed, seeds } from '../application.ts';

class User extends model('users', { id: primaryKey(), name: z.string().max(100), age: z.int32() }) {}
const db = database({ url: process.env['DATABASE_URL']!, models: { User } });

const app = new App({ logger: false });
app.use(db, { createSchema: true });

app.get(
  '/users/{id}',
  { params: { id: z.int(), session: db.session }, response: User.schema },
  async ({ id, session }) => {
    const user = await session.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
    if (user === undefined) throw new HttpError(404, 'User not found');
    return user;
  },
);
app.get('/users', { response: z.array(User.schema) }, () => User.all().orderBy('id').limit(listed));
app.post('/users', { params: { user: User.createSchema }, response: User.schema, status: 201 }, ({ user }) =>
  User.create(user),
);

await app.ready();
await User.createMany(seeds());
await app.listen({ port: Number(process.env['PORT']) });
