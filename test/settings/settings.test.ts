import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import pino from 'pino';
import * as v from 'valibot';
import { z } from 'zod';
import { SettingsError, settings } from '../../src/settings/index.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is read of each schema. */
const read: readonly (readonly [what: string, schema: z.ZodObject, environment: Environment, value: object])[] = [
  ['a name in camel case', z.object({ databaseUrl: z.string() }), { DATABASE_URL: 'x' }, { databaseUrl: 'x' }],
  ['a name in snake case', z.object({ database_url: z.string() }), { DATABASE_URL: 'x' }, { database_url: 'x' }],
  ['initials in a name', z.object({ apiURLOf2: z.string() }), { API_URL_OF2: 'x' }, { apiURLOf2: 'x' }],
  ['an integer', z.object({ port: z.int() }), { PORT: '8000' }, { port: 8000 }],
  ['a boolean', z.object({ debug: z.boolean() }), { DEBUG: 'on' }, { debug: true }],
  ['a default', z.object({ port: z.int().default(8000) }), {}, { port: 8000 }],
  ['what may be left out', z.object({ sentry: z.string().optional() }), {}, {}],
  ['an empty text', z.object({ title: z.string() }), { TITLE: '' }, { title: '' }],
  ['a choice', z.object({ level: z.enum(['info', 'debug']) }), { LEVEL: 'debug' }, { level: 'debug' }],
  ['a list with commas', z.object({ hosts: z.array(z.string()) }), { HOSTS: 'a, b,c' }, { hosts: ['a', 'b', 'c'] }],
  ['a list of integers', z.object({ ports: z.array(z.int()) }), { PORTS: '1,2' }, { ports: [1, 2] }],
  ['a list as JSON', z.object({ hosts: z.array(z.string()) }), { HOSTS: '["a,b"]' }, { hosts: ['a,b'] }],
  ['a list of nothing', z.object({ hosts: z.array(z.string()) }), { HOSTS: '' }, { hosts: [] }],
  ['a set', z.object({ hosts: z.set(z.string()) }), { HOSTS: 'a,b,a' }, { hosts: new Set(['a', 'b']) }],
  ['a map as JSON', z.object({ on: z.map(z.string(), z.int()) }), { ON: '{"a":1}' }, { on: new Map([['a', 1]]) }],
  ['an object as JSON', z.object({ on: z.record(z.string(), z.int()) }), { ON: '{"a":1}' }, { on: { a: 1 } }],
  [
    'an object in variables of its own',
    z.object({ redis: z.object({ host: z.string(), maxRetries: z.int() }) }),
    { REDIS__HOST: 'r', REDIS__MAX_RETRIES: '3' },
    { redis: { host: 'r', maxRetries: 3 } },
  ],
  [
    'an object in JSON, one of whose members has a variable of its own',
    z.object({ redis: z.object({ host: z.string(), port: z.int() }) }),
    { REDIS: '{"host":"r","port":1}', REDIS__PORT: '2' },
    { redis: { host: 'r', port: 2 } },
  ],
  [
    'an object that may be left out',
    z.object({ redis: z.object({ host: z.string() }).optional() }),
    { REDIS_HOST: 'r' },
    {},
  ],
  ['a rule of the app', z.object({ n: z.int().refine((n) => n % 2 === 0) }), { N: '4' }, { n: 4 }],
  ['what a transform makes', z.object({ n: z.string().transform((s) => s.length) }), { N: 'abc' }, { n: 3 }],
  ['nothing of other variables', z.object({ n: z.string() }), { N: 'x', M: 'y', n: 'z' }, { n: 'x' }],
];

for (const [what, schema, environment, value] of read)
  test(`reads ${what}`, () => {
    assert.deepEqual({ ...settings(schema, { environment }) }, value);
  });

test('reads with the schemas of every library', () => {
  const environment = { PORT: '8000', HOSTS: 'a,b' };
  const all = [
    settings(z.object({ port: z.int(), hosts: z.array(z.string()) }), { environment }),
    settings(type({ port: 'number.integer', hosts: 'string[]' }), { environment }),
    settings(toStandardJsonSchema(v.object({ port: v.pipe(v.number(), v.integer()), hosts: v.array(v.string()) })), {
      environment,
    }),
  ];
  for (const one of all) assert.deepEqual({ ...one }, { port: 8000, hosts: ['a', 'b'] });
});

test('has a prefix for all variables', () => {
  const schema = z.object({ port: z.int(), redis: z.object({ host: z.string() }) });
  const environment = { PORT: '1', SHOP_PORT: '2', SHOP_REDIS__HOST: 'r' };
  assert.deepEqual({ ...settings(schema, { environment, prefix: 'SHOP_' }) }, { port: 2, redis: { host: 'r' } });
});

test('reads the environment of the process, and leaves it as it is', () => {
  process.env['SETTINGS_TEST_PORT'] = '8001';
  try {
    const before = { ...process.env };
    assert.equal(settings(z.object({ port: z.int() }), { prefix: 'SETTINGS_TEST_' }).port, 8001);
    assert.deepEqual({ ...process.env }, before);
  } finally {
    delete process.env['SETTINGS_TEST_PORT'];
  }
});

test('reads files: of several the last counts, the environment before all, and one that is missing is no mistake', () => {
  const folder = temporaryFolder('settings');
  writeFileSync(join(folder, '.env'), 'A=file\nB=file # not this\nC="two\\nlines"\n');
  writeFileSync(join(folder, '.env.local'), 'B=local\n');
  const files = ['.env', '.env.local', '.env.gone'].map((name) => join(folder, name));
  const schema = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string().default('none') });
  const found = settings(schema, { files, environment: { A: 'environment' } });
  assert.deepEqual({ ...found }, { a: 'environment', b: 'local', c: 'two\nlines', d: 'none' });
});

test('a file that cannot be read is an error', () => {
  const path = join(temporaryFolder('settings'), '.env');
  mkdirSync(path);
  assert.throws(() => settings(z.object({}), { files: [path] }), { code: 'CORTADO_SETTINGS_INVALID' });
});

test('tells every mistake by its variable, and no value', () => {
  const schema = z.object({
    databaseUrl: z.string(),
    port: z.int(),
    hosts: z.array(z.int()),
    redis: z.object({ host: z.string(), port: z.int() }),
    on: z.record(z.string(), z.int()),
    level: z.enum(['info', 'debug']),
  });
  const environment = { PORT: 's3cret', HOSTS: '1,s3cret', REDIS__PORT: 's3cret', ON: 's3cret', LEVEL: 's3cret' };
  let thrown: unknown;
  try {
    settings(schema, { environment });
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof SettingsError);
  assert.equal(thrown.code, 'CORTADO_SETTINGS_INVALID');
  assert.deepEqual(
    thrown.issues.map(({ type, loc }) => [loc.join('.'), type]).sort(),
    [
      ['DATABASE_URL', 'missing'],
      ['HOSTS.1', 'int_parsing'],
      ['LEVEL', 'enum'],
      ['ON', 'json_invalid'],
      ['PORT', 'int_parsing'],
      ['REDIS__HOST', 'missing'],
      ['REDIS__PORT', 'int_parsing'],
    ].sort(),
  );
  for (const { loc } of thrown.issues) assert.ok(thrown.message.includes(`\n  ${loc.join('.')}: `), thrown.message);
  assert.doesNotMatch(inspect(thrown, { depth: 10 }), /s3cret/);
});

test('is frozen, with all that is inside', () => {
  const schema = z.object({ port: z.int(), redis: z.object({ hosts: z.array(z.string()) }) });
  const found = settings(schema, { environment: { PORT: '1', REDIS__HOSTS: 'a,b' } });
  const { redis } = found;
  for (const change of [
    () => ((found as { port: number }).port = 2),
    () => ((redis as { hosts: string[] }).hosts = []),
    () => redis.hosts.push('c'),
  ])
    assert.throws(change, TypeError);
});

test('takes a schema that freezes what it makes', () => {
  const schema = z.object({ port: z.int(), jwtSecret: z.string() }).readonly();
  const found = settings(schema, { environment: { PORT: '1', JWT_SECRET: 's3cret' } });
  assert.deepEqual({ ...found }, { port: 1, jwtSecret: 's3cret' });
  assert.ok(Object.isFrozen(found));
  assert.doesNotMatch(inspect(found), /s3cret/);
});

test('prints no secret: by name, by option, in addresses, and in objects inside', () => {
  const schema = z.object({
    port: z.int(),
    jwtSecret: z.string(),
    dbPassword: z.string(),
    pepper: z.string(),
    databaseUrl: z.string(),
    mail: z.object({ apiKey: z.string(), from: z.string() }),
    token: z.string().optional(),
  });
  const environment = {
    PORT: '1',
    JWT_SECRET: 's3cret',
    DB_PASSWORD: 's3cret',
    PEPPER: 's3cret',
    DATABASE_URL: 'postgres://ada:s3cret@db.example:5432/shop',
    MAIL__API_KEY: 's3cret',
    MAIL__FROM: 'a@example.com',
  };
  const found = settings(schema, { environment, secrets: ['pepper'] });
  assert.equal(found.mail.apiKey, 's3cret');
  assert.equal(found.databaseUrl, environment.DATABASE_URL);
  const lines: string[] = [];
  pino({ base: null }, { write: (line: string) => void lines.push(line) }).info({ found });
  for (const text of [inspect(found, { depth: 5 }), JSON.stringify(found), `${lines}`]) {
    assert.doesNotMatch(text, /s3cret/);
    assert.match(text, /a@example\.com/);
    assert.match(text, /db\.example:5432\/shop/);
  }
  assert.deepEqual(JSON.parse(JSON.stringify(found)), {
    port: 1,
    jwtSecret: '[hidden]',
    dbPassword: '[hidden]',
    pepper: '[hidden]',
    databaseUrl: 'postgres://db.example:5432/shop',
    mail: { apiKey: '[hidden]', from: 'a@example.com' },
  });
  assert.deepEqual(Object.keys(found), Object.keys(schema.shape).slice(0, 6));
  assert.deepEqual(structuredClone({ ...found }).mail, { apiKey: 's3cret', from: 'a@example.com' });
});

/** What no settings can be made of. */
const misuse: readonly (readonly [what: string, call: () => unknown, code: string])[] = [
  [
    'a schema that has to be waited for',
    () => settings(z.object({ n: z.string().refine(async () => true) }), { environment: { N: 'x' } }),
    'CORTADO_OPTION_INVALID',
  ],
  ['a schema of no object', () => settings(z.string() as never), 'CORTADO_OPTION_INVALID'],
  [
    'two names of one variable',
    () => settings(z.object({ dbUrl: z.string(), db_url: z.string() })),
    'CORTADO_OPTION_INVALID',
  ],
  ['a file by itself', () => settings(z.object({}), { files: '.env' as never }), 'CORTADO_OPTION_INVALID'],
  ['an option that is none', () => settings(z.object({}), { file: '.env' } as never), 'CORTADO_OPTION_UNKNOWN'],
  ['what JSON does not have', () => settings(z.object({ m: z.map(z.date(), z.int()) })), 'CORTADO_SCHEMA_UNDESCRIBED'],
];

for (const [what, call, code] of misuse)
  test(`refuses ${what}`, () => {
    assert.throws(call, { code });
  });

test('keeps the types of its schema', () => {
  const found = settings(z.object({ port: z.int(), hosts: z.array(z.string()).default([]) }), {
    environment: { PORT: '1' },
    // @ts-expect-error it has no such setting
    secrets: ['host'],
  });
  const port: number = found.port;
  const hosts: string[] = found.hosts;
  assert.deepEqual([port, hosts], [1, []]);
  // @ts-expect-error settings are not changed
  assert.throws(() => (found.port = 2), TypeError);
});
