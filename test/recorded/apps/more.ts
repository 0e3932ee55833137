import { text as textOf } from 'node:stream/consumers';
import { z } from 'zod';
import {
  type App,
  body,
  type DocsOptions,
  dependency,
  HttpError,
  header,
  type RequestContext,
  ValidationError,
} from '../../../src/index.ts';
import { bytes } from '../../../src/values/index.ts';
import { createFromYaml } from './documents.ts';
import { type Chapter, Item, optionalText, text, textSet, tutorial } from './models.ts';

function getting(path: string, value: unknown): () => App {
  return () => {
    const app = tutorial();
    app.get(path, {}, () => value);
    return app;
  };
}

function greeting(swaggerUiParameters: DocsOptions['swaggerUiParameters'] = {}): App {
  const app = tutorial({ docs: { swaggerUiParameters } });
  app.get('/users/{username}', { params: { username: text } }, ({ username }) => ({ message: `Hello ${username}` }));
  return app;
}

export const conditionalOpenapi: Chapter = { tutorial001: getting('/', { message: 'Hello World' }) };
export const configureSwaggerUi: Chapter = {
  tutorial001: () => greeting({ syntaxHighlight: false }),
  tutorial003: () => greeting({ deepLinking: false }),
};
export const customDocsUi: Chapter = { tutorial001: () => greeting(), tutorial002: () => greeting() };
export const debugging: Chapter = { tutorial001: getting('/', { 'hello world': 'ba' }) };
export const extendingOpenapi: Chapter = { tutorial001: getting('/items/', [{ name: 'Foo' }]) };

export const additionalResponses: Chapter = {
  tutorial003: () => {
    const app = tutorial();
    const responses = { 404: { schema: z.object({ message: text }), description: 'The item was not found' } };
    const response = z.object({ id: text, value: text });
    app.get('/items/{item_id}', { params: { item_id: text }, response, responses }, ({ item_id }) =>
      item_id === 'foo'
        ? { id: 'foo', value: 'there goes my hero' }
        : Response.json({ message: 'Item not found' }, { status: 404 }),
    );
    return app;
  },
};

export const authenticationErrorStatusCode: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const token = dependency({ authorization: header(text.nullish()) }, ({ authorization }) => {
      if (!authorization?.startsWith('Bearer ')) throw new HttpError(403, 'Not authenticated');
      return authorization.slice(7);
    });
    app.get('/me', { params: { token } }, ({ token }) => ({ message: 'You are authenticated', token }));
    return app;
  },
};

export const backgroundTasks: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const message = 'Notification sent in the background';
    app.post('/send-notification/{email}', { params: { email: text } }, () => ({ message }));
    return app;
  },
  tutorial002: () => {
    const app = tutorial();
    const params = { email: text, q: optionalText };
    app.post('/send-notification/{email}', { params }, () => ({ message: 'Message sent' }));
    return app;
  },
};

export const customRequestAndRoute: Chapter = {
  tutorial002: () => {
    const app = tutorial();
    app.onError(ValidationError, ({ issues, body }) =>
      Response.json({ detail: { errors: issues, body: JSON.stringify(body) } }, { status: 422 }),
    );
    app.post('/', { params: { numbers: body(z.array(z.int())) } }, ({ numbers }) =>
      numbers.reduce((sum, number) => sum + number, 0),
    );
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    const timed = dependency(async function* (_, context: RequestContext) {
      const before = performance.now();
      yield;
      context.setHeader('x-response-time', String(performance.now() - before));
    });
    app.get('/', () => ({ message: 'Not timed' }));
    app.get('/timed', { params: { timed } }, () => ({ message: "It's the time of my life" }));
    return app;
  },
};

const Author = z.object({
  name: text,
  items: z.array(z.object({ name: text, description: optionalText })).default([]),
});

const authors = [
  {
    name: 'Breaters',
    items: [
      { name: 'Island In The Moon', description: "A place to be playin' and havin' fun" },
      { name: 'Holy Buddies' },
    ],
  },
  {
    name: 'System of an Up',
    items: [
      { name: 'Salt', description: "The kombucha mushroom people's favorite" },
      { name: 'Pad Thai' },
      { name: 'Lonely Night', description: 'The mostests lonliest nightiest of allest' },
    ],
  },
];

export const dataclasses: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.post('/items/', { params: { item: Item } }, ({ item }) => item);
    return app;
  },
  tutorial002: () => {
    const app = tutorial();
    app.get('/items/next', { response: Item.extend({ tags: z.array(text) }) }, () => ({
      name: 'Island In The Moon',
      price: 12.99,
      description: "A place to be playin' and havin' fun",
      tags: ['breater'],
    }));
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    const items = body(z.array(z.object({ name: text, description: optionalText })));
    app.post('/authors/{name}/items/', { params: { name: text, items }, response: Author }, (author) => author);
    app.get('/authors/', { response: z.array(Author) }, () => authors);
    return app;
  },
};

export const events: Chapter = {
  tutorial003: () => {
    const app = tutorial();
    const model = dependency(() => (x: number) => x * 42, { scope: 'app' });
    app.get('/predict', { params: { x: z.number(), model } }, ({ x, model }) => ({ result: model(x) }));
    return app;
  },
};

const Priced = z.object({ name: text, price: z.number() }).meta({ id: 'PricedItem' });
const Message = z.object({ message: text });
const priced = [
  { name: 'Plumbus', price: 3 },
  { name: 'Portal Gun', price: 9001 },
];

function shop(message: string): () => App {
  return () => {
    const app = tutorial();
    app.post('/items/', { params: { item: Priced }, response: Message, tags: ['items'] }, () => ({ message }));
    app.get('/items/', { response: z.array(Priced), tags: ['items'] }, () => priced);
    app.post(
      '/users/',
      { params: { user: z.object({ username: text, email: text }) }, response: Message, tags: ['users'] },
      () => ({ message: 'User received' }),
    );
    return app;
  };
}

export const generateClients: Chapter = { tutorial001: shop('item received'), tutorial002: shop('Item received') };

export const jsonBase64Bytes: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const Data = z.object({ description: text, data: bytes() });
    app.post('/data', { params: { data: Data } }, ({ data: { description, data } }) => ({
      description,
      content: new TextDecoder().decode(data),
    }));
    app.get('/data', { response: Data }, () => ({ description: 'A plumbus', data: Buffer.from('hello') }));
    app.post('/data-in-out', { params: { data: Data }, response: Data }, ({ data }) => data);
    return app;
  },
};

export const pathOperationAdvancedConfiguration: Chapter = {
  tutorial002: getting('/items/', [{ item_id: 'Foo' }]),
  tutorial005: getting('/items/', [{ item_id: 'portal-gun' }]),
  tutorial006: () => {
    const app = tutorial();
    const made = { name: 'Maaaagic', price: 42, description: "Just kiddin', no magic here. ✨" };
    app.post('/items/', {}, async (_, { request }) => {
      const raw = await textOf(request.raw);
      return { size: Buffer.byteLength(raw), content: made };
    });
    return app;
  },
  tutorial007: createFromYaml,
};

function creatingTagged(): App {
  const app = tutorial();
  const Tagged = Item.extend({ tags: textSet.default([]) });
  app.post('/items/', { params: { item: Tagged }, summary: 'Create an item' }, ({ item }) => item);
  return app;
}

export const pathOperationConfiguration: Chapter = {
  tutorial002b: () => {
    const app = tutorial();
    app.get('/items/', { tags: ['items'] }, () => ['Portal gun', 'Plumbus']);
    app.get('/users/', { tags: ['users'] }, () => ['Rick', 'Morty']);
    return app;
  },
  tutorial004: creatingTagged,
  tutorial005: creatingTagged,
};

export const responseChangeStatusCode: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const tasks = new Map([['foo', 'Listen to the Bar Fighters']]);
    app.put('/get-or-create-task/{task_id}', { params: { task_id: text } }, ({ task_id }, context) => {
      if (!tasks.has(task_id)) {
        tasks.set(task_id, "This didn't exist before");
        context.setStatus(201);
      }
      return tasks.get(task_id);
    });
    return app;
  },
};

export const responseHeaders: Chapter = {
  tutorial002: () => {
    const app = tutorial();
    app.get('/headers-and-object/', (_, context) => {
      context.setHeader('X-Cat-Dog', 'alone in the world');
      return { message: 'Hello World' };
    });
    return app;
  },
};

export const schemaExtraExample: Chapter = {
  tutorial004: () => {
    const app = tutorial();
    const item = body(Item, { examples: [{ name: 'Foo', price: 35.4 }] });
    app.put('/items/{item_id}', { params: { item_id: z.int(), item } }, (p) => p);
    return app;
  },
};

const Described = z.object({ name: text, description: optionalText });

function described(separateInputOutputSchemas = true): App {
  const app = tutorial({ separateInputOutputSchemas });
  app.post('/items/', { params: { item: Described } }, ({ item }) => item);
  app.get('/items/', { response: z.array(Described) }, () => [
    { name: 'Portal Gun', description: 'Device to travel through the multi-rick-verse' },
    { name: 'Plumbus' },
  ]);
  return app;
}

export const separateOpenapiSchemas: Chapter = { tutorial001: () => described(), tutorial002: () => described(false) };

const Heroic = z.object({ id: text, title: text, description: optionalText });

function secretHeroes(): App {
  const app = tutorial();
  const heroes = new Map<string, z.input<typeof Heroic>>([
    ['foo', { id: 'foo', title: 'Foo', description: 'There goes my hero' }],
    ['bar', { id: 'bar', title: 'Bar', description: 'The bartenders' }],
  ]);
  const secret = dependency({ x_token: header(text) }, ({ x_token }) => {
    if (x_token !== 'coneofsilence') throw new HttpError(400, 'Invalid X-Token header');
  });
  app.get('/items/{item_id}', { params: { item_id: text, secret }, response: Heroic }, ({ item_id }) => {
    const hero = heroes.get(item_id);
    if (hero === undefined) throw new HttpError(404, 'Item not found');
    return hero;
  });
  app.post('/items/', { params: { item: Heroic, secret }, response: Heroic }, ({ item }) => {
    if (heroes.has(item.id)) throw new HttpError(409, 'Item already exists');
    heroes.set(item.id, item);
    return item;
  });
  return app;
}

export const appTesting: Chapter = {
  'app_b.main': secretHeroes,
  tutorial003: getting('/items/foo', { name: 'Fighters' }),
  tutorial004: getting('/items/foo', { name: 'Fighters' }),
};
