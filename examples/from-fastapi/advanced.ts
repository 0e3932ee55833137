import { createGunzip } from 'node:zlib';
import view from '@fastify/view';
import { App, around, body, dependency, template, ValidationError } from 'cortado';
import { settings } from 'cortado/settings';
import { Eta } from 'eta';
import express from 'express';
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/fetch';
import { z } from 'zod';

// Settings and Environment Variables
const config = settings(
  z.object({
    appName: z.string().default('Coffee bar'), // APP_NAME, of the environment or of .env
    adminEmail: z.email().default('admin@bar.example'),
    itemsPerUser: z.int().default(50),
  }),
  { files: ['.env'] },
);
export const appSettings = dependency(() => config, { name: 'settings' });

const app = new App({ title: config.appName });
app.get('/info', { params: { config: appSettings } }, ({ config }) => ({ ...config }));

// Using the Request Directly
app.get('/client', (_, ctx) => ({ host: ctx.ip, agent: ctx.headers['user-agent'], id: ctx.request.id }));

// Sub Applications - Mounts
const sub = new App({ title: 'Sub' });
sub.get('/sub', () => ({ message: 'Hello from below' }));
app.mount('/subapi', sub);

// Behind a Proxy
export const behind = new App({
  rootPath: '/api/v1', // or `cortado run --root-path /api/v1`
  hosts: ['bar.example'], // TrustedHostMiddleware
  httpsRedirect: true, // HTTPSRedirectMiddleware
  server: { trustProxy: ['127.0.0.1'] }, // or `cortado run --forwarded-allow-ips 127.0.0.1`
});
behind.get('/app', (_, ctx) => ({ message: 'Hello World', root_path: ctx.rootPath }));

// Templates
const root = new URL('../docs/templates', import.meta.url).pathname;
app.use(view, { engine: { eta: new Eta({ views: root }) }, root });
const showDrink = app.get(
  '/drinks/{id}',
  { params: { id: z.int() } },
  ({ id }, ctx): Promise<Response> => template(ctx, 'drink.eta', { id, name: `Drink ${id}`, showDrink }),
);

// Including WSGI - Flask, Django, others
const legacy = express();
legacy.get('/', (_request, response) => void response.send('Hello from Express'));
app.mount('/v1', legacy);

// GraphQL
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      hello: {
        type: GraphQLString,
        args: { name: { type: GraphQLString } },
        resolve: (_, { name = 'World' }: { name?: string }) => `Hello ${name}`,
      },
    },
  }),
});

app.mount('/graphql', createHandler({ schema }));

// Custom Request and APIRoute class
// Bodies that come packed, before anything reads them: FastAPI's GzipRequest.
app.server.addHook('preParsing', async (request, _reply, payload) =>
  request.headers['content-encoding'] === 'gzip' ? payload.pipe(createGunzip()) : payload,
);
const timed = around(async (_, _ctx, next) => {
  const began = performance.now();
  const answer = await next();
  answer.headers.set('x-response-time', String(performance.now() - began));
});
app.post('/sum', { params: { numbers: body(z.array(z.int())) }, around: [timed] }, ({ numbers }) =>
  numbers.reduce((total, number) => total + number, 0),
);
// The body of a 422, for the log or the answer.
app.onError(ValidationError, ({ issues, body }) => Response.json({ errors: issues, body }, { status: 422 }));

// `api_route`, TRACE, several methods
app.route(['PUT', 'PATCH'], '/any/{id}', { params: { id: z.int() } }, ({ id }, ctx) => ({ id, method: ctx.method }));
app.trace('/any', () => 'traced');

export default app;
