import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type AsyncApiDocument, asyncApiDocument } from '../../src/asyncapi/document.ts';
import {
  App,
  component,
  type Dependency,
  type DocumentedChannel,
  dependency,
  eventStream,
  HttpError,
} from '../../src/index.ts';
import { describeSchema } from '../../src/schema/describe-schema.ts';
import {
  anyOf,
  apiKey,
  httpBasic,
  httpBearer,
  oauth2,
  openIdConnect,
  subprotocolToken,
} from '../../src/security/index.ts';
import { assertValid } from '../support/valid-async-api.ts';
import { allApp, Leave, Said, Say, Tick } from './all-app.ts';

type Scheme = Dependency<unknown>;
type Members = Readonly<Record<string, unknown>>;

/** What a path of names leads to. */
function at(document: AsyncApiDocument, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Members | undefined)?.[name], document);
}

function appWith(add: (app: App) => void, options: ConstructorParameters<typeof App>[0] = {}): App {
  const app = new App({ logger: false, ...options });
  add(app);
  return app;
}

const named = (refs: unknown): readonly string[] =>
  ((refs ?? []) as readonly { readonly $ref: string }[]).map(({ $ref }) => $ref.split('/').at(-1)!);

const kinds: readonly (readonly [string, () => App])[] = [
  ['an app with one of everything', () => allApp()],
  ['the same with RFC 9457 problems', () => allApp({ errors: 'problem' })],
  ['the same with one schema for both directions', () => allApp({ separateInputOutputSchemas: false })],
  [
    'the same with servers',
    () =>
      allApp({
        servers: [
          { url: 'https://{tenant}.example.com/v1', variables: { tenant: { default: 'a', enum: ['a', 'b'] } } },
          { url: '/v2', description: 'Next' },
        ],
      }),
  ],
  ['the same below a root path', () => allApp({ rootPath: '/api' })],
  ['an app with nothing to tell of', () => new App({ logger: false })],
  ['text and bytes', () => appWith((app) => app.socket('/', async () => {}))],
  [
    'a recursive schema',
    () => {
      interface Node {
        children: Node[];
      }
      const Node: z.ZodType<Node> = z
        .object({
          type: z.literal('node'),
          get children() {
            return z.array(Node);
          },
        })
        .meta({ id: 'Node' }) as never;
      return appWith((app) => app.socket('/', { incoming: Node, outgoing: Node }, async () => {}));
    },
  ],
  [
    'dates, bigints, sets, maps and files of many forms',
    () =>
      appWith((app) =>
        app.socket(
          '/',
          {
            incoming: z.object({
              at: z.date(),
              big: z.bigint(),
              set: z.set(z.int()),
              map: z.map(z.string(), z.int()),
              pair: z.tuple([z.string()]).rest(z.int()),
              either: z.string().nullable().optional(),
            }),
            outgoing: z.record(z.string(), z.unknown()),
          },
          async () => {},
        ),
      ),
  ],
];
for (const [what, make] of kinds)
  test(`the official parser finds nothing to say of the document of ${what}`, async () => {
    await assertValid(make().asyncapi());
  });

test('two documents of one app are the same text', () => {
  assert.equal(JSON.stringify(allApp().asyncapi()), JSON.stringify(allApp().asyncapi()));
});

test('a document is frozen, all of it', () => {
  const document = allApp().asyncapi();
  assert.throws(() => Object.assign(document.channels['echo']!, { address: '/x' }), TypeError);
  assert.throws(() => Object.assign(document, { asyncapi: '2.0.0' }), TypeError);
});

test('channels and operations stand in the order of their declaration: sockets, event streams, then components', () => {
  const { channels, operations } = allApp().asyncapi();
  assert.deepEqual(Object.keys(channels), [
    'rooms_room',
    'echo',
    'files_path',
    'both',
    'get_ticks_id',
    'post_answers',
    'get_any',
    'queue_default',
    'queue_back',
    'channel_orders',
  ]);
  assert.deepEqual(Object.keys(operations), [
    'rooms_room_receive',
    'rooms_room_send',
    'echo_receive',
    'echo_send',
    'files_path_receive',
    'files_path_send',
    'both_receive',
    'both_send',
    'ticks_ticks__id__get',
    'answers_post',
    'any_get',
    'queue_default_receive',
    'queue_default_send',
    'queue_back_receive',
    'queue_back_send',
    'channel_orders_send',
  ]);
});

// What stands where, in the app that has one of everything.
const members: readonly (readonly [string, readonly string[], unknown])[] = [
  ['the version', ['asyncapi'], '3.1.0'],
  ['the title', ['info', 'title'], 'Coffee bar'],
  ['the version of the API', ['info', 'version'], '1.2.3'],
  ['a licence, whose identifier AsyncAPI does not know', ['info', 'license'], { name: 'MIT' }],
  ['and has in words', ['info', 'description'], 'Orders, live.\n\nLicence: MIT.'],
  ['a text elsewhere only by a whole address', ['info', 'externalDocs'], undefined],
  ['a tag', ['info', 'tags', '0', 'externalDocs'], { url: 'https://example.com/chat' }],
  ['the address of a socket', ['channels', 'rooms_room', 'address'], '/rooms/{room}'],
  ['one that takes the rest of a path', ['channels', 'files_path', 'address'], '/files/{path}'],
  ['its name in messages', ['channels', 'files_path', 'title'], 'SOCKET /files/{path:path}'],
  ['its summary', ['channels', 'rooms_room', 'summary'], 'Chat'],
  ['its tags', ['channels', 'rooms_room', 'tags'], [{ name: 'chat' }, { name: 'live' }]],
  ['its server', ['channels', 'rooms_room', 'servers'], [{ $ref: '#/servers/ws' }]],
  ['values of a parameter', ['channels', 'rooms_room', 'parameters', 'room', 'enum'], ['bar', 'kitchen']],
  ['words of a parameter', ['channels', 'rooms_room', 'parameters', 'room', 'description'], 'Which room'],
  ['the schema of a parameter', ['channels', 'get_ticks_id', 'parameters', 'id', 'x-schema'], { type: 'integer' }],
  ['a parameter that is any text', ['channels', 'files_path', 'parameters', 'path'], {}],
  [
    'the query of a handshake',
    ['channels', 'rooms_room', 'bindings', 'ws', 'query'],
    { type: 'object', properties: { since: { type: 'integer', description: 'Where to begin' } } },
  ],
  [
    'the headers that a handshake must have',
    ['channels', 'rooms_room', 'bindings', 'ws', 'headers', 'required'],
    ['x-invitation'],
  ],
  [
    'its cookies',
    ['channels', 'rooms_room', 'bindings', 'ws', 'headers', 'properties', 'cookie', 'description'],
    'Cookies: `sid`, `theme` (may be absent).',
  ],
  ['the version of the binding', ['channels', 'echo', 'bindings'], { ws: { method: 'GET', bindingVersion: '0.1.0' } }],
  [
    'a text',
    ['channels', 'echo', 'messages', 'text'],
    { name: 'text', contentType: 'text/plain', payload: { type: 'string' } },
  ],
  ['bytes', ['channels', 'echo', 'messages', 'bytes', 'contentType'], 'application/octet-stream'],
  ['any JSON, deprecated', ['channels', 'files_path', 'messages', 'json', 'deprecated'], true],
  ['a kind of message', ['channels', 'rooms_room', 'messages', 'say', 'payload'], { $ref: '#/components/schemas/Say' }],
  ['a schema that both directions have in one form', ['channels', 'rooms_room', 'messages', 'say_2'], undefined],
  [
    'a schema that they have in two',
    ['channels', 'both', 'messages', 'message_2', 'payload'],
    { $ref: '#/components/schemas/Tick-Output' },
  ],
  [
    'what tells of a message that was not taken',
    ['channels', 'rooms_room', 'messages', 'error', 'payload'],
    { $ref: '#/components/schemas/HTTPValidationError' },
  ],
  ['a socket that closes in its place', ['channels', 'files_path', 'messages', 'error'], undefined],
  ['a socket that takes any text', ['channels', 'echo', 'messages', 'error'], undefined],
  ['a schema in draft 7', ['components', 'schemas', 'Say', 'properties', 'reply', 'additionalItems'], false],
  [
    'an event',
    ['channels', 'get_ticks_id', 'messages', 'message', 'payload'],
    { $ref: '#/components/schemas/Tick-Output' },
  ],
  ['the server of an event stream', ['channels', 'get_ticks_id', 'servers'], [{ $ref: '#/servers/http' }]],
  ['the method of an event stream', ['operations', 'answers_post', 'bindings', 'http', 'method'], 'POST'],
  [
    'the query of an event stream',
    ['operations', 'ticks_ticks__id__get', 'bindings', 'http', 'query', 'properties', 'limit', 'maximum'],
    10,
  ],
  ['events of any form', ['channels', 'get_any', 'messages', 'message', 'payload'], {}],
  ['the address of a queue', ['channels', 'queue_back', 'address'], 'back'],
  [
    'a task',
    ['channels', 'queue_default', 'messages', 'brew', 'payload'],
    {
      type: 'object',
      properties: { drink: { type: 'string', description: 'Which' }, cups: { default: 1, type: 'integer' } },
      required: ['drink'],
    },
  ],
  ['a task without inputs', ['channels', 'queue_back', 'messages', 'wash', 'payload', 'properties'], {}],
  [
    'a task that runs elsewhere',
    ['channels', 'queue_default', 'messages', 'app.add', 'payload', 'properties', 'tick'],
    { $ref: '#/components/schemas/Tick-Input' },
  ],
  [
    'what a component says of a parameter',
    ['channels', 'channel_orders', 'parameters'],
    { shop: { description: 'Whose orders they are.' } },
  ],
  ['the server of a component', ['channels', 'channel_orders', 'servers'], [{ $ref: '#/servers/channel' }]],
  ['where that is', ['servers', 'channel', 'host'], 'internal'],
  ['what is not documented', ['channels', 'hidden'], undefined],
  ['a stream that is not', ['channels', 'get_quiet'], undefined],
];
test('what stands where', async (t) => {
  const document = allApp().asyncapi();
  for (const [what, path, expected] of members)
    await t.test(`${what}: ${path.join('.')}`, () => {
      assert.deepEqual(at(document, ...path), expected);
    });
});

const sides: readonly (readonly [operation: string, action: string, messages: readonly string[]])[] = [
  ['rooms_room_receive', 'receive', ['say', 'leave']],
  ['rooms_room_send', 'send', ['said', 'say', 'error']],
  ['echo_receive', 'receive', ['text']],
  ['echo_send', 'send', ['text', 'bytes']],
  ['files_path_receive', 'receive', ['json', 'bytes']],
  ['files_path_send', 'send', ['bytes']],
  ['both_receive', 'receive', ['message']],
  ['both_send', 'send', ['message_2', 'error']],
  ['ticks_ticks__id__get', 'send', ['message']],
  ['answers_post', 'send', ['said', 'say']],
  ['queue_default_receive', 'receive', ['brew']],
  ['queue_default_send', 'send', ['brew', 'app.add']],
  ['channel_orders_send', 'send', ['orders']],
];
for (const [operation, action, messages] of sides)
  test(`${operation}: the app ${action}s ${messages.join(', ')}`, () => {
    const document = allApp().asyncapi();
    const found = document.operations[operation]!;
    assert.deepEqual([found['action'], named(found['messages'])], [action, messages]);
    const channel = at(document, ...(found['channel'] as { $ref: string }).$ref.slice(2).split('/')) as Members;
    assert.deepEqual(
      messages.filter((name) => !((name as string) in (channel['messages'] as Members))),
      [],
    );
  });

test('messages are called as the plan of their socket calls them', () => {
  const app = allApp();
  const [route] = app.sockets;
  const { operations } = app.asyncapi();
  assert.deepEqual(named(operations['rooms_room_receive']!['messages']), route!.incoming.kinds!.names);
  assert.deepEqual(named(operations['rooms_room_send']!['messages']).slice(0, 2), route!.outgoing.kinds!.names);
});

const words: readonly (readonly [string, string, RegExp, boolean])[] = [
  ['its subprotocols', 'rooms_room', /Subprotocols: `chat\.v1`, `chat\.v0`\./, true],
  ['its origins', 'rooms_room', /pages of `https:\/\/example\.com`/, true],
  ['that origins are its own', 'echo', /pages of its own host/, true],
  ['that origins are all', 'files_path', /from any page/, true],
  ['its scopes', 'rooms_room', /Scopes: `chat`\./, true],
  ['what it says itself', 'rooms_room', /^A room\./, true],
  ['its limit', 'rooms_room', /`1009`: a message was larger than 1000 bytes/, true],
  ['the usual limit', 'echo', /larger than 1048576 bytes/, true],
  ['that it may be idle too long', 'rooms_room', /`1000`: .*nothing was said for too long/, true],
  ['that it may be idle', 'echo', /nothing was said/, false],
  ['that it takes no bytes', 'rooms_room', /`1003`: binary/, true],
  ['that it takes both', 'files_path', /`1003`/, false],
  ['that it closes on what is not as declared', 'files_path', /`1007`: .*not as declared/, true],
  ['that it does not', 'rooms_room', /not as declared/, false],
  ['how a handshake is refused', 'rooms_room', /answered as a request/, true],
  ['that it is accepted and closed', 'files_path', /the handshake included/, true],
  ['that messages are compressed', 'files_path', /permessage-deflate/, true],
  ['two credentials', 'both', /Takes credentials: `HTTPBearer` and `APIKeyQuery`\./, true],
  ['events of a stream', 'get_ticks_id', /text\/event-stream.*`ticks_ticks__id__get`/, true],
  ['how a stream goes on', 'get_ticks_id', /Last-Event-ID/, true],
  ['that a stream ends', 'post_answers', /Last-Event-ID/, false],
];
for (const [what, channel, pattern, isSaid] of words)
  test(`the words of ${channel} ${isSaid ? 'tell' : 'do not tell'} ${what}`, () => {
    const description = String(allApp().asyncapi().channels[channel]!['description']);
    assert.equal(pattern.test(description), isSaid, description);
  });

const flows = { password: { tokenUrl: 'https://id.example/token', scopes: { a: 'A' } } };
const accesses: readonly (readonly [string, readonly Scheme[], unknown, RegExp | undefined])[] = [
  ['none', [], undefined, undefined],
  ['one', [httpBasic()], [{ $ref: '#/components/securitySchemes/HTTPBasic' }], undefined],
  [
    'one of two',
    [anyOf(httpBearer(), apiKey({ in: 'cookie', name: 'sid' }))],
    [{ $ref: '#/components/securitySchemes/HTTPBearer' }, { $ref: '#/components/securitySchemes/APIKeyCookie' }],
    undefined,
  ],
  [
    'both of two',
    [httpBearer(), apiKey({ in: 'cookie', name: 'sid' })],
    undefined,
    /: `HTTPBearer` and `APIKeyCookie`\./,
  ],
  ['one that may be absent', [httpBearer({ optional: true })], undefined, /one of: `HTTPBearer`; nothing\./],
  [
    'one for sockets',
    [anyOf(subprotocolToken(), httpBearer())],
    [{ $ref: '#/components/securitySchemes/SubprotocolToken' }, { $ref: '#/components/securitySchemes/HTTPBearer' }],
    undefined,
  ],
];
for (const [what, guards, security, said] of accesses)
  test(`credentials: ${what}`, async () => {
    const app = appWith((made) => made.socket('/', { guards }, async () => {}));
    const document = app.asyncapi();
    assert.deepEqual(document.operations['root_receive']!['security'], security);
    assert.deepEqual(document.operations['root_send']!['security'], security);
    const description = String(document.channels['root']!['description']);
    if (said === undefined) assert.equal(/credentials/.test(description), false, description);
    else assert.match(description, said);
    await assertValid(document);
  });

test('scopes stand with the scheme that has them', async () => {
  const app = appWith((made) => made.socket('/', { guards: [oauth2({ flows })], scopes: ['a'] }, async () => {}));
  const document = app.asyncapi();
  assert.deepEqual(document.operations['root_receive']!['security'], [
    {
      type: 'oauth2',
      flows: { password: { tokenUrl: 'https://id.example/token', availableScopes: { a: 'A' } } },
      scopes: ['a'],
    },
  ]);
  await assertValid(document);
});

const schemes: readonly (readonly [string, Scheme, object, (readonly { url: string }[])?])[] = [
  ['a key in a header', apiKey({ in: 'header', name: 'x-key' }), { type: 'httpApiKey', in: 'header', name: 'x-key' }],
  ['a bearer', httpBearer({ bearerFormat: 'JWT' }), { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }],
  [
    'OAuth2 by whole addresses',
    oauth2({ flows }),
    { type: 'oauth2', flows: { password: { tokenUrl: 'https://id.example/token', availableScopes: { a: 'A' } } } },
  ],
  [
    'OAuth2 by an address that nobody knows the whole of',
    oauth2({ flows: { password: { tokenUrl: '/token' } } }),
    { type: 'http', scheme: 'bearer', description: 'A token of OAuth2, from `/token`.' },
  ],
  [
    'OAuth2 by an address of a server that is known',
    oauth2({ flows: { password: { tokenUrl: '/token' } } }),
    { type: 'oauth2', flows: { password: { tokenUrl: 'https://api.example.com/token', availableScopes: {} } } },
    [{ url: 'https://api.example.com/v1' }],
  ],
  [
    'OpenID Connect',
    openIdConnect({ url: 'https://id.example/.well-known/openid-configuration' }),
    { type: 'openIdConnect', openIdConnectUrl: 'https://id.example/.well-known/openid-configuration' },
  ],
  [
    'OpenID Connect at a relative address',
    openIdConnect({ url: '/discovery' }),
    { type: 'http', scheme: 'bearer', description: 'A token of OpenID Connect, from `/discovery`.' },
  ],
  [
    'a certificate',
    {
      ...dependency(() => 1),
      security: { name: 'MutualTLS', scheme: { type: 'mutualTLS' }, optional: false },
    },
    { type: 'X509' },
  ],
];
for (const [what, scheme, expected, servers] of schemes)
  test(`${what}, in the words of AsyncAPI`, async () => {
    const options = servers === undefined ? {} : { servers };
    const document = appWith((made) => made.socket('/', { guards: [scheme] }, async () => {}), options).asyncapi();
    assert.deepEqual(Object.values(document.components!['securitySchemes']!), [expected]);
    await assertValid(document);
  });

const refuses = dependency(() => {
  throw new HttpError(403, 'Not now');
});
const errors: readonly (readonly [string, Parameters<App['socket']>[1], unknown])[] = [
  ['JSON by a schema', { incoming: Say }, { $ref: '#/components/schemas/HTTPValidationError' }],
  ['any JSON', { incoming: 'json' }, { $ref: '#/components/schemas/HTTPValidationError' }],
  ['text', { incoming: 'text' }, undefined],
  ['bytes', { incoming: 'bytes' }, undefined],
  ['JSON that closes', { incoming: Say, closeOnInvalid: true }, undefined],
  [
    'text, with a unit that may refuse',
    { incoming: 'text', each: { refuses } },
    { $ref: '#/components/schemas/HTTPError' },
  ],
  [
    'JSON, with a unit that may refuse',
    { incoming: Say, each: { refuses } },
    { anyOf: [{ $ref: '#/components/schemas/HTTPValidationError' }, { $ref: '#/components/schemas/HTTPError' }] },
  ],
] as never;
for (const [what, options, payload] of errors)
  test(`what a client is told of a message that was not taken: ${what}`, async () => {
    const document = appWith((made) => made.socket('/', options as object, async () => {})).asyncapi();
    assert.deepEqual(at(document, 'channels', 'root', 'messages', 'error', 'payload'), payload);
    await assertValid(document);
  });

test('an error has the media type of the errors of the app', () => {
  const document = allApp({ errors: 'problem' }).asyncapi();
  const { contentType, payload } = at(document, 'channels', 'rooms_room', 'messages', 'error') as Members;
  assert.deepEqual(
    [contentType, payload],
    ['application/problem+json', { $ref: '#/components/schemas/ValidationProblem' }],
  );
});

const servers: readonly (readonly [string, ConstructorParameters<typeof App>[0], unknown])[] = [
  ['none', {}, { host: '{host}', protocol: 'ws' }],
  ['a root path', { rootPath: '/api' }, { host: '{host}', pathname: '/api', protocol: 'ws' }],
  [
    'a root path that is not to be shown',
    { rootPath: '/api', rootPathInServers: false },
    { host: '{host}', protocol: 'ws' },
  ],
  ['https', { servers: [{ url: 'https://a.example' }] }, { host: 'a.example', protocol: 'wss' }],
  [
    'http, with a port and a path',
    { servers: [{ url: 'http://a.example:81/v1/' }] },
    { host: 'a.example:81', pathname: '/v1', protocol: 'ws' },
  ],
  ['a relative one', { servers: [{ url: '/v1' }] }, { host: '{host}', pathname: '/v1', protocol: 'ws' }],
];
for (const [what, options, expected] of servers)
  test(`servers: ${what}`, () => {
    const document = appWith((app) => app.socket('/', async () => {}), options).asyncapi();
    const { variables: _, ...server } = document.servers!['ws'] as Members;
    assert.deepEqual(server, expected);
  });

test('a server of a protocol is there where a channel is on it', () => {
  const document = appWith((app) => app.get('/', { response: eventStream(Tick) }, async function* () {})).asyncapi();
  assert.deepEqual(Object.keys(document.servers!), ['http']);
});

test('channels and operations of one name get numbers', () => {
  const document = appWith((app) => {
    app.socket('/a/b', async () => {});
    app.socket('/a_b', async () => {});
  }).asyncapi();
  assert.deepEqual(Object.keys(document.channels), ['a_b', 'a_b_2']);
  assert.deepEqual(Object.keys(document.operations), ['a_b_receive', 'a_b_send', 'a_b_2_receive', 'a_b_2_send']);
});

test('operations are called as the app calls them', () => {
  const options = { operationId: ({ path }: { readonly path: string }) => path.slice(1).toUpperCase() };
  const document = appWith((app) => {
    app.socket('/chat', async () => {});
    app.get('/ticks', { response: eventStream(Tick) }, async function* () {});
  }, options).asyncapi();
  assert.deepEqual(Object.keys(document.operations), ['CHAT_receive', 'CHAT_send', 'TICKS']);
});

test('a union that a component tells of is a message for each kind', async () => {
  const payload = describeSchema(z.union([Say, Leave, Said]), 'output', 'a test');
  const told: DocumentedChannel = {
    kind: 'channel',
    name: 'room events',
    address: 'room',
    sends: [{ name: 'event', payload }],
    receives: [{ name: 'event', payload }],
  };
  const document = appWith((app) => app.use({ [component]: () => ({ name: 'a', channels: () => [told] }) })).asyncapi();
  for (const side of ['send', 'receive'])
    assert.deepEqual(named(document.operations[`channel_room_events_${side}`]!['messages']), ['say', 'leave', 'said']);
  await assertValid(document);
});

test('asyncApiDocument makes one of plans alone', async () => {
  const app = allApp();
  const document = asyncApiDocument(
    { title: 'Plans' },
    { sockets: app.sockets, routes: app.routes, channels: [], errors: 'fastapi' },
    { rootPath: '/x', asked: { host: 'a.example:1', isSecure: true } },
  );
  assert.deepEqual(document.servers, {
    ws: { host: 'a.example:1', pathname: '/x', protocol: 'wss' },
    http: { host: 'a.example:1', pathname: '/x', protocol: 'https' },
  });
  await assertValid(document);
});
