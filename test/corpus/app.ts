// An app that has one of everything that reads what a client sends.
import {
  App,
  body as bodyOf,
  content,
  cookie,
  eventStream,
  file,
  form,
  header,
  jsonLines,
  query,
  redirect,
  ServerSentEvent,
  sleep,
} from 'cortado';
import { column, contains, database, gt, model, oneOf, primaryKey, startsWith } from 'cortado/db';
import { Queue } from 'cortado/queue';
import { apiKey, httpBasic, httpBearer, oauth2Password, requireScopes, safeEqual } from 'cortado/security';
import { z } from 'zod';

/** How an app of the corpus is made. */
export interface CorpusAppOptions {
  /** Where its rows and tasks are: the URL of an empty database. */
  readonly database: string;
  readonly variant: Variant;
  readonly http2: boolean;
}

/** As it is, with a plugin that looks at all that passes, or with RFC 9457's errors. */
export type Variant = 'plain' | 'hooks' | 'problem';

/** An app, and what it has seen of what must never happen. */
export interface CorpusApp {
  readonly app: App;
  /** Requests that came out of the body of another one. */
  readonly smuggled: () => number;
}

class Note extends model('notes', {
  id: primaryKey(),
  title: z.string().max(100),
  text: z.string().default(''),
  likes: z.int().default(0),
  big: z.bigint().default(0n),
  price: z.number().default(0),
  due: z.date().default(() => new Date(0)),
  meta: z.record(z.string(), z.unknown()).default({}),
  slug: column(z.string(), { unique: true }).optional(),
}) {}

class Thing extends model('things', {
  id: primaryKey(z.uuid().default(() => crypto.randomUUID())),
  name: z.string(),
}) {}

type Notes = ReturnType<typeof openNotes>;

function openNotes(url: string) {
  return database({ url, models: { Note, Thing }, pool: { timeout: 2000 } });
}

/** The app of the corpus. */
export function corpusApp({ database: url, variant, http2 }: CorpusAppOptions): CorpusApp {
  const db = openNotes(url);
  let smuggled = 0;
  const app = new App({
    title: 'Corpus',
    logger: false,
    loop: false,
    sendTimeout: 2000,
    errors: variant === 'problem' ? 'problem' : 'fastapi',
    server: { http2, keepAliveTimeout: 5000 },
  });
  app.use(db, { createSchema: true });
  app.get('/smuggled', () => ({ smuggled: ++smuggled }));
  addSources(app);
  addBodies(app);
  addAnswers(app, db);
  addRows(app, db);
  addCredentials(app);
  addTasks(app, db);
  if (variant === 'hooks') addHooks(app);
  return { app, smuggled: () => smuggled };
}

/** What a plugin may do on the way: read the head, replace the stream of the body, and the answer. */
function addHooks({ server }: App): void {
  server.addHook('preParsing', async (_request, _reply, payload) => payload);
  server.addHook('onSend', async (_request, reply, payload) => {
    reply.header('x-plugin', '1');
    return payload;
  });
}

function addSources(app: App): void {
  const Search = z.object({
    q: z.string().max(100).optional(),
    limit: z.int().min(1).max(100).default(10),
    price: z.number().optional(),
    exact: z.boolean().default(false),
    when: z.date().optional(),
    big: z.bigint().optional(),
    kind: z.enum(['a', 'b']).optional(),
    tag: z.array(z.string()).default([]),
  });
  app.get(
    '/items/{id}',
    {
      params: {
        id: z.int(),
        q: z.string().optional(),
        x_token: header(z.string().optional()),
        sid: cookie(z.string().optional()),
      },
    },
    (values) => values,
  );
  app.get('/uuids/{id}', { params: { id: z.uuid() } }, ({ id }) => id);
  app.get('/files/{place:path}', { params: { place: z.string() } }, ({ place }) => place);
  app.get(
    '/dates/{y}-{m}-{d}.{ext}',
    { params: { y: z.int(), m: z.int(), d: z.int(), ext: z.string() } },
    (values) => values,
  );
  app.get('/search', { params: { search: query(Search) } }, ({ search }) => ({ ...search, big: String(search.big) }));
  app.get('/loose', { params: { all: query(z.looseObject({})) } }, ({ all }) => Object.keys(all).length);
  app.get(
    '/headers',
    { params: { x_count: header(z.int().default(1)), x_list: header(z.array(z.string()).default([])) } },
    (values) => values,
  );
  app.get('/all-headers', { params: { all: header(z.looseObject({})) } }, ({ all }) => Object.keys(all).length);
  app.get(
    '/cookies',
    { params: { sid: cookie(z.int().optional()), theme: cookie(z.enum(['dark', 'light']).default('dark')) } },
    (values) => values,
  );
  app.get('/all-cookies', { params: { all: cookie(z.looseObject({})) } }, ({ all }) => Object.keys(all).length);
  app.post(
    '/form',
    {
      params: {
        name: form(z.string().max(50)),
        age: form(z.int().optional()),
        tags: form(z.array(z.string()).default([])),
      },
    },
    (values) => values,
  );
  app.post('/form/model', { params: { all: form(z.looseObject({})) } }, ({ all }) => Object.keys(all).length);
  app.post(
    '/upload',
    { params: { photo: file(z.file().max(500_000)), title: form(z.string().default('')) } },
    ({ photo, title }) => ({ name: photo.name, type: photo.type, size: photo.size, title }),
  );
  app.post('/uploads', { params: { photos: file(z.array(z.file())) } }, ({ photos }) => photos.length);
}

const Tree: z.ZodType = z.lazy(() => z.union([z.number(), z.object({ tree: Tree })]));
const Chain: z.ZodType = z.lazy(() => z.object({ name: z.string(), next: Chain.optional() }));
const Shape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('circle'), radius: z.number() }),
  z.object({ type: z.literal('square'), side: z.number() }),
]);
const Wide = z.object({
  a: z.int(),
  b: z.string().min(2),
  c: z.boolean(),
  d: z.array(z.int()),
  e: z.date(),
  f: z.email(),
  g: z.enum(['x', 'y']),
  h: z.record(z.string(), z.int()).optional(),
});

/** The schemas of JSON bodies by the last part of their paths. */
export const bodies: Readonly<Record<string, z.ZodType>> = {
  any: z.json(),
  tree: Tree,
  chain: Chain,
  shape: Shape,
  list: z.array(z.int()),
  texts: z.array(z.string().max(3)),
  wides: z.array(Wide),
  record: z.record(z.string(), z.int()),
  model: Wide,
  strict: z.strictObject({ a: z.int().optional() }),
  loose: z.looseObject({ a: z.int().optional() }),
  unions: z.array(z.union([z.int(), z.string().max(3), z.object({ a: z.int() })])),
  tuple: z.tuple([z.int(), z.string()]),
  bigint: z.object({ n: z.bigint() }),
  formats: z.object({
    email: z.email().optional(),
    url: z.url().optional(),
    uuid: z.uuid().optional(),
    date: z.iso.date().optional(),
    time: z.iso.time().optional(),
    moment: z.iso.datetime().optional(),
    ip: z.ipv4().optional(),
    base64: z.base64().optional(),
  }),
};

function addBodies(app: App): void {
  for (const [name, schema] of Object.entries(bodies)) {
    app.post(`/json/${name}`, { params: { value: bodyOf(schema) } }, ({ value }) => shown(value));
    app.post(`/lax/${name}`, { params: { value: bodyOf(schema) }, coerceBody: true }, ({ value }) => shown(value));
  }
  app.post('/two', { params: { one: Wide.partial(), two: z.object({ n: z.int() }) } }, () => 'two');
  app.post('/echo', { params: { value: bodyOf(z.json()) } }, ({ value }) => value);
}

function shown(value: unknown): unknown {
  return Array.isArray(value) ? value.length : typeof value;
}

function addAnswers(app: App, db: Notes): void {
  const Line = z.object({ id: z.int(), title: z.string() });
  app.get('/export', { params: { session: db.session }, response: jsonLines(Line) }, async function* ({ session }) {
    for await (const row of session.selectFrom('notes').select(['id', 'title']).stream()) yield row;
  });
  app.get('/lines', { params: { count: z.int().max(20_000) }, response: jsonLines(z.string()) }, function* ({ count }) {
    for (let at = 0; at < count; at++) yield 'x'.repeat(100);
  });
  app.get(
    '/ticks',
    {
      params: { id: z.string().optional(), event: z.string().optional(), data: z.string().default('') },
      response: eventStream(),
    },
    async function* ({ id, event, data }) {
      yield new ServerSentEvent({ data, ...(id !== undefined && { id }), ...(event !== undefined && { event }) });
      await sleep(5);
      yield { more: data };
    },
  );
  app.get('/page', { params: { text: z.string() }, response: content('text/plain') }, ({ text }) => text);
  app.get('/moved', { params: { to: z.string() } }, ({ to }) => redirect(to));
  app.get('/header', { params: { value: z.string() } }, ({ value }, ctx) => {
    ctx.setHeader('x-value', value);
    return 'ok';
  });
  app.get('/cookie', { params: { name: z.string(), value: z.string() } }, ({ name, value }, ctx) => {
    ctx.setCookie(name, value);
    return 'ok';
  });
  app.post('/hasty', { params: { value: z.object({ n: z.int() }) }, timeout: 100 }, ({ value }) => value);
  app.post('/hasty/form', { params: { name: form(z.string()) }, timeout: 100 }, ({ name }) => name);
  app.get('/slow', { timeout: 100 }, async (_, { signal }) => {
    await sleep(1000, { signal });
    return 'slow';
  });
}

function addRows(app: App, db: Notes): void {
  app.post('/notes', { params: { note: Note.createSchema }, response: Note.schema, status: 201 }, ({ note }) =>
    Note.create(note),
  );
  app.get('/notes', { params: { title: z.string().default('') }, response: z.array(Note.schema) }, ({ title }) =>
    Note.filter({ title: contains(title, { ignoreCase: true }) })
      .orderBy('id')
      .limit(5),
  );
  app.get('/notes/{id}', { params: { id: z.int() }, response: Note.schema }, ({ id }) => Note.get({ id }));
  app.patch(
    '/notes/{id}',
    { params: { id: z.int(), changes: Note.updateSchema }, response: Note.schema },
    async ({ id, changes }) => Object.assign(await Note.get({ id }), changes).save(),
  );
  app.delete('/notes/{id}', { params: { id: z.int() }, status: 204 }, async ({ id }) =>
    (await Note.get({ id })).delete(),
  );
  app.get('/feed', { params: { cursor: z.string().optional() }, response: Note.cursorPageSchema }, ({ cursor }) =>
    Note.all().orderBy('-likes', 'title', 'due').pageAfter({ cursor, limit: 2 }),
  );
  app.get('/feed/big', { params: { cursor: z.string().optional() }, response: Note.cursorPageSchema }, ({ cursor }) =>
    Note.all().orderBy('price', 'big').pageAfter({ cursor, limit: 2 }),
  );
  app.get(
    '/filter',
    {
      params: {
        by: query(
          z.object({
            title: z.string().optional(),
            start: z.string().optional(),
            likes: z.int().optional(),
            big: z.bigint().optional(),
            price: z.number().optional(),
            after: z.date().optional(),
            ids: z.array(z.int()).optional(),
            offset: z.int().min(0).default(0),
          }),
        ),
      },
      response: Note.pageSchema,
    },
    ({ by }) => {
      let notes = Note.all();
      if (by.title !== undefined) notes = notes.filter({ title: by.title });
      if (by.start !== undefined) notes = notes.filter({ title: startsWith(by.start) });
      if (by.likes !== undefined) notes = notes.filter({ likes: by.likes });
      if (by.big !== undefined) notes = notes.filter({ big: by.big });
      if (by.price !== undefined) notes = notes.filter({ price: by.price });
      if (by.after !== undefined) notes = notes.filter({ due: gt(by.after) });
      if (by.ids !== undefined) notes = notes.filter({ id: oneOf(by.ids) });
      return notes.orderBy('id').page({ offset: by.offset, limit: 2 });
    },
  );
  app.get('/things/{id}', { params: { id: z.string() }, response: Thing.schema }, ({ id }) => Thing.get({ id }));
  app.get(
    '/session/{id}',
    { params: { id: z.int(), session: db.session } },
    async ({ id, session }) =>
      (await session.selectFrom('notes').select('title').where('id', '=', id).executeTakeFirst()) ?? null,
  );
}

function addCredentials(app: App): void {
  const verify = (key: string): boolean => safeEqual(key, 'a-key');
  const bearer = httpBearer({ verify: (token) => safeEqual(token, 'a-token') });
  const basic = httpBasic({ realm: 'corpus', verify: ({ password }) => safeEqual(password, 'secret') });
  const signedIn = oauth2Password({
    tokenUrl: '/token',
    scopes: { read: 'Read' },
    verify: (token, ctx) => {
      if (!safeEqual(token, 'a-token')) return undefined;
      requireScopes(['read'], ctx);
      return 'ada';
    },
  });
  const order = z.object({ n: z.int() });
  app.get('/bearer', { guards: [bearer] }, () => 'in');
  app.get('/basic', { guards: [basic] }, () => 'in');
  app.get('/key/header', { guards: [apiKey({ in: 'header', name: 'x-api-key', verify })] }, () => 'in');
  app.get('/key/query', { guards: [apiKey({ in: 'query', name: 'key', verify })] }, () => 'in');
  app.get('/key/cookie', { guards: [apiKey({ in: 'cookie', name: 'key', verify })] }, () => 'in');
  app.post('/signed', { guards: [signedIn], params: { order }, scopes: ['read'] }, ({ order }) => order);
}

function addTasks(app: App, db: Notes): void {
  const queue = new Queue({ engine: db });
  const work = queue.task('work', { params: { n: z.number(), secret: z.json().optional() } }, ({ n }) => n);
  app.use(queue, { prefix: '/tasks', redact: ['secret'] });
  const options = {
    n: z.number(),
    secret: z.json().optional(),
    delay: z.number().min(0).max(1e9).optional(),
    priority: z.int().min(-100).max(100).optional(),
    // An id that is none is refused by the code that enqueues: here by the route.
    unique: z
      .string()
      .regex(/^[\w;]{1,50}$/)
      .optional(),
  };
  app.post('/work', { params: { job: z.object(options) }, status: 202 }, async ({ job: { n, secret, ...how } }) => {
    const { id } = await work.enqueue(
      { n, ...(secret !== undefined && { secret }) },
      defined({ delay: 60_000, ...how }),
    );
    return { id };
  });
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
