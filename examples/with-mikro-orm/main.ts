// The users of the guide with MikroORM: a unit of work, an identity map and relations, on Cortado's road.
import { defineEntity, type MikroORM, p, wrap } from '@mikro-orm/core';
import { MikroORM as PostgresORM } from '@mikro-orm/postgresql';
import { MikroORM as SqliteORM } from '@mikro-orm/sqlite';
import { App, HttpError } from 'cortado';
import { z } from 'zod';
import { ormDependency, unitOfWork } from './unit-of-work.ts';

const User = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.integer().primary(),
    name: p.string(),
    age: p.integer(),
    posts: () => p.oneToMany(Post).mappedBy('author'),
  },
});
const Post = defineEntity({
  name: 'Post',
  tableName: 'posts',
  properties: { id: p.integer().primary(), title: p.string(), author: () => p.manyToOne(User) },
});

const UserModel = z.object({ id: z.int(), name: z.string(), age: z.int() });
const NewUser = UserModel.omit({ id: true });
const UserWithPosts = UserModel.extend({ posts: z.array(z.object({ id: z.int(), title: z.string() })) });

const url = process.env['DATABASE_URL'] ?? 'sqlite:mikro.db';
const entities = [User, Post];
const orm = ormDependency<MikroORM>(() =>
  url.startsWith('postgres')
    ? PostgresORM.init({ clientUrl: url, entities })
    : SqliteORM.init({ dbName: url.replace(/^sqlite:/, ''), entities }),
);
const unit = unitOfWork(orm);

const app = new App({ title: 'Users, with MikroORM' });

app.get('/users/{user_id}', { params: { user_id: z.int(), unit }, response: UserModel }, async ({ user_id, unit }) => {
  const user = await unit.em.findOne(User, user_id);
  if (user === null) throw new HttpError(404, 'User not found');
  return user;
});
app.get(
  '/users',
  { params: { min_age: z.int().default(0), unit }, response: z.array(UserModel) },
  ({ min_age, unit }) => unit.em.find(User, { age: { $gte: min_age } }, { orderBy: { id: 'desc' } }),
);
app.post('/users', { params: { user: NewUser, unit }, response: UserModel, status: 201 }, async ({ user, unit }) => {
  const made = unit.em.create(User, user);
  // The answer has the id, which the database gives.
  await unit.flush();
  if (user.age < 0) throw new HttpError(400, 'Nobody is that young');
  return made;
});
// Changes are found by comparison: nothing is saved by hand.
app.post(
  '/users/{user_id}/birthday',
  { params: { user_id: z.int(), unit }, response: UserModel },
  async ({ user_id, unit }) => {
    const user = await unit.em.findOneOrFail(User, user_id);
    const same = await unit.em.findOneOrFail(User, user_id);
    if (same !== user) throw new Error('the identity map gives one entity per row');
    user.age++;
    return user;
  },
);
app.post(
  '/users/{user_id}/posts',
  { params: { user_id: z.int(), title: z.string(), unit }, response: UserWithPosts, status: 201 },
  async ({ user_id, title, unit }) => {
    const author = await unit.em.findOneOrFail(User, user_id, { populate: ['posts'] });
    author.posts.add(unit.em.create(Post, { title, author }));
    await unit.flush();
    return wrap(author).toObject();
  },
);

export default app;
if (import.meta.main) console.log(`Open ${await app.listen()}/docs`);
