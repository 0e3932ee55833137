import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import type { Schema } from '../../src/index.ts';
import { compileField } from '../../src/schema/field.ts';
import type { Issue } from '../../src/schema/issues/issue.ts';

type Mode = 'strict' | 'lax' | 'text';

async function issuesOf(schema: Schema, input: unknown, mode: Mode = 'strict'): Promise<Issue[]> {
  const issues: Issue[] = [];
  await compileField(schema, mode, 'test').check(input, ['body'], issues);
  return issues;
}

// What a client can send, right and wrong.
const samples: readonly unknown[] = [
  ...[undefined, null, true, false, 0, 1.5, -1, 7, 2 ** 53 + 2, 1e300, [], [1], [1, 'x'], ['a', 'b', 'c', 'd'], {}],
  ...[{ a: 'x' }, { a: 1, b: 2, c: 3 }, { k: 'c' }, { k: { toString: 1 } }, { q: 'x' }, { ab: 1, abc: 'x' }],
  ...['x', '', ' y ', 'aaaa', 'Q', '5', '1.5', '-3', 'true', '2020-01-01', '2020-02-30T00:00:00Z', '25:00:00'],
  ...['2020-01-01T00:00:00', '2020-01-01T00:00:00+02:00', '2019-01-01T00:00:00Z', 'http://x', 'ftp://a.b', 'a@b'],
  ...['1.2.3', '::1/200', 'd9428888-122b-11e1-b85c-61cd3cbb3210', '{"a":"x"}', 'P1X', '[1]', '\ud800'],
]; // biome-ignore format: a table

const valibot = (schema: unknown): Schema => toStandardJsonSchema(schema as v.GenericSchema) as Schema;
const ark = (definition: unknown): Schema => type(definition as 'string') as unknown as Schema;

const zodSchemas: Readonly<Record<string, Schema>> = {
  string: z.string(), min: z.string().min(3), max: z.string().max(2), length: z.string().length(3), regex: z.string().regex(/^a+$/), two: z.string().regex(/^a/).regex(/b$/), minregex: z.string().min(3).regex(/^b/).regex(/c/), starts: z.string().startsWith('a.b'), ends: z.string().endsWith('b'), includes: z.string().includes('q'), upper: z.string().uppercase(), lower: z.string().lowercase(), trim: z.string().trim().min(3), lowercased: z.string().toLowerCase().regex(/^q/), nonempty: z.string().nonempty(), normalize: z.string().normalize(),
  email: z.email(), emailregex: z.email().regex(/^q/), emailmin: z.email().min(30), guid: z.guid(), uuid: z.uuid(), uuid4: z.uuidv4(), uuid7: z.uuidv7(), url: z.url(), httpUrl: z.httpUrl(), https: z.url({ protocol: /^https$/ }), hostUrl: z.url({ hostname: /^q$/ }), emoji: z.emoji(), nanoid: z.nanoid(), cuid: z.cuid(), cuid2: z.cuid2(), ulid: z.ulid(), xid: z.xid(), ksuid: z.ksuid(), ipv4: z.ipv4(), ipv6: z.ipv6(), mac: z.mac(), cidrv4: z.cidrv4(), cidrv6: z.cidrv6(), base64: z.base64(), base64url: z.base64url(), e164: z.e164(), jwt: z.jwt(), hex: z.hex(), hostname: z.hostname(), hash: z.hash('md5'), datetime: z.iso.datetime(), datetimeLocal: z.iso.datetime({ local: true }), dtPrecision: z.iso.datetime({ precision: 3 }), date: z.iso.date(), time: z.iso.time(), duration: z.iso.duration(), stringFormat: z.stringFormat('zz', /^zz$/), stringFormatFn: z.stringFormat('zz', () => false),
  number: z.number(), gt: z.number().gt(3), gte: z.number().min(3), lt: z.number().lt(0), max3: z.number().max(-3), mult: z.number().multipleOf(4), int: z.int(), intOpt: z.int().nullable(), int32: z.int32(), uint32: z.uint32(), float32: z.float32(), float64: z.float64(), positive: z.int().positive(), numInt: z.number().int(), safe: z.number().safe(), finite: z.number().finite(),
  bigint: z.bigint(), bigmin: z.bigint().min(20n), bigmax: z.bigint().max(-20n), int64: z.int64(), uint64: z.uint64(), bigmult: z.bigint().multipleOf(3n),
  boolean: z.boolean(), zdate: z.date(), zdatemin: z.date().min(new Date('2021-01-01')), zdatemax: z.date().max(new Date('2018-01-01')), null: z.null(), never: z.never(), literal: z.literal('q'), literals: z.literal(['q', 5, true, null]), enum: z.enum(['q', 'w']), nenum: z.enum({ a: 100, b: 200 }), stringbool: z.stringbool(), template: z.templateLiteral(['q', z.int()]),
  array: z.array(z.int()), arraymin: z.array(z.any()).min(2), arraymax: z.array(z.any()).max(0), arraylen: z.array(z.any()).length(9), nonemptyArr: z.array(z.any()).nonempty(), tuple: z.tuple([z.int(), z.string()]), tupleRest: z.tuple([z.string()], z.int()), object: z.object({ a: z.int() }), strict: z.strictObject({ a: z.int() }), loose: z.looseObject({ a: z.int() }), catchall: z.object({}).catchall(z.string().min(2)), record: z.record(z.string(), z.int()), recordKey: z.record(z.string().min(3), z.any()), recordEnum: z.record(z.enum(['p', 'q']), z.int()), partialRecord: z.partialRecord(z.enum(['p', 'q']), z.int()), looseRecord: z.looseRecord(z.string().regex(/^a/), z.string().min(3)), recordInt: z.record(z.coerce.number().int(), z.any()), union: z.union([z.literal('q'), z.object({ q: z.int() })]), unionRefined: z.union([z.string().min(9).refine(() => false, 'mine'), z.object({ q: z.int() })]), xor: z.xor([z.string(), z.literal('x')]), disc: z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })]), inter: z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() })), interScalar: z.intersection(z.string().min(2), z.string().max(1)), optional: z.string().optional().nonoptional(), exact: z.object({ a: z.string().exactOptional() }), codec: z.codec(z.string(), z.int().min(5), { decode: Number, encode: String }), codecDate: z.codec(z.string(), z.date().min(new Date('2021-01-01')), { decode: (s) => new Date(s), encode: String }), pre: z.preprocess((v) => v, z.int().min(3)), pipe: z.string().transform((s) => s.length).pipe(z.int().max(0)), pipeObj: z.string().transform(() => ({ a: 'x', b: 1 })).pipe(z.strictObject({ a: z.int(), c: z.string() }) as never), pipeArr: z.string().transform(() => [1, 'x']).pipe(z.array(z.string()).min(3) as never), pipeEnum: z.string().transform((s) => s).pipe(z.enum(['zz'])), pipeBool: z.string().transform(() => 1).pipe(z.boolean() as never), pipeRec: z.string().transform(() => ({ a: 1 })).pipe(z.record(z.string().min(4), z.string()) as never), pipeUnion: z.string().transform(() => ({ a: 1 })).pipe(z.union([z.string(), z.object({ q: z.int() })]) as never), pipeDisc: z.string().transform(() => ({ k: 'zz' })).pipe(z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })]) as never), coerceNum: z.coerce.number(), coerceInt: z.coerce.number().int(), coerceDate: z.coerce.date(), coerceBool: z.coerce.boolean(), coerceBig: z.coerce.bigint(), coerceStr: z.coerce.string().min(30), file: z.file(), filemin: z.file().min(9), filemax: z.file().max(1), mime: z.file().mime(['image/png', 'image/gif']), readonly: z.array(z.int()).readonly(), json: z.json(), lazy: z.lazy(() => z.int()), nan: z.number(), overwrite: z.string().overwrite((s) => s).max(0), jsonString: z.string().transform((s, c) => { try { return JSON.parse(s) } catch { c.addIssue({ code: 'custom', message: 'own words' }); return z.NEVER } }).pipe(z.object({ a: z.int() })), keyof: z.object({ q: z.any() }).keyof(), property: z.string().check(z.property('length', z.number().min(100))), size: z.string().check(z.maxLength(0)),
}; // biome-ignore format: a table

const valibotSchemas: Readonly<Record<string, Schema>> = {
  string: valibot(v.string()), min: valibot(v.pipe(v.string(), v.minLength(3))), max: valibot(v.pipe(v.string(), v.maxLength(2))), len: valibot(v.pipe(v.string(), v.length(3))), nonempty: valibot(v.pipe(v.string(), v.nonEmpty())), regex: valibot(v.pipe(v.string(), v.regex(/^q/))), email: valibot(v.pipe(v.string(), v.email())), url: valibot(v.pipe(v.string(), v.url())), uuid: valibot(v.pipe(v.string(), v.uuid())), ipv4: valibot(v.pipe(v.string(), v.ipv4())), ipv6: valibot(v.pipe(v.string(), v.ipv6())), isoDate: valibot(v.pipe(v.string(), v.isoDate())), isoTimestamp: valibot(v.pipe(v.string(), v.isoTimestamp())), isoDateTime: valibot(v.pipe(v.string(), v.isoDateTime())), isoTime: valibot(v.pipe(v.string(), v.isoTime())), base64: valibot(v.pipe(v.string(), v.base64())), number: valibot(v.number()), minV: valibot(v.pipe(v.number(), v.minValue(3))), maxV: valibot(v.pipe(v.number(), v.maxValue(-3))), gt: valibot(v.pipe(v.number(), v.gtValue(3))), lt: valibot(v.pipe(v.number(), v.ltValue(-3))), int: valibot(v.pipe(v.number(), v.integer())), mult: valibot(v.pipe(v.number(), v.multipleOf(4))), bool: valibot(v.boolean()), null: valibot(v.null()), lit: valibot(v.literal('q')), pick: valibot(v.picklist(['q', 'w'])), arr: valibot(v.array(v.number())), arrMin: valibot(v.pipe(v.array(v.any()), v.minLength(2))), arrMax: valibot(v.pipe(v.array(v.any()), v.maxLength(0))), tuple: valibot(v.tuple([v.number(), v.string()])), strictTuple: valibot(v.strictTuple([v.number()])), obj: valibot(v.object({ a: v.number() })), strictObj: valibot(v.strictObject({ a: v.number() })), rec: valibot(v.record(v.string(), v.number())), union: valibot(v.union([v.literal('q'), v.object({ q: v.number() })])), variant: valibot(v.variant('k', [v.object({ k: v.literal('a') }), v.object({ k: v.literal('b') })])), inter: valibot(v.intersect([v.object({ a: v.number() }), v.object({ b: v.string() })])), entries: valibot(v.pipe(v.record(v.string(), v.any()), v.minEntries(2))), maxEntries: valibot(v.pipe(v.record(v.string(), v.any()), v.maxEntries(0))), value: valibot(v.pipe(v.string(), v.value('q'))), safeInt: valibot(v.pipe(v.number(), v.safeInteger())), hex: valibot(v.pipe(v.string(), v.hexColor())),
}; // biome-ignore format: a table

const arkSchemas: Readonly<Record<string, Schema>> = {
  string: ark('string'), min: ark('string >= 3'), max: ark('string <= 2'), len: ark('string == 3'), regex: ark('/^q/'), email: ark('string.email'), url: ark('string.url'), uuid: ark('string.uuid'), uuid4: ark('string.uuid.v4'), ip: ark('string.ip'), ipv4: ark('string.ip.v4'), date: ark('string.date'), dateIso: ark('string.date.iso'), intS: ark('string.integer'), alpha: ark('string.alpha'), alnum: ark('string.alphanumeric'), digits: ark('string.digits'), hex: ark('string.hex'), base64: ark('string.base64'), creditCard: ark('string.creditCard'), semver: ark('string.semver'), json: ark('string.json'), lower: ark('string.lower'), number: ark('number'), gte: ark('number >= 3'), gt: ark('number > 3'), lt: ark('number < -3'), lte: ark('number <= -3'), int: ark('number.integer'), safe: ark('number.safe'), div: ark('number % 4'), range: ark('3 < number < 5'), boolean: ark('boolean'), nul: ark('null'), lit: ark("'q'"), lits: ark("'q' | 5 | true"), arr: ark('number[]'), arrMin: ark('unknown[] >= 2'), arrMax: ark('unknown[] <= 0'), tuple: ark(['number', 'string']), obj: ark({ a: 'number' }), strictObj: ark({ a: 'number', '+': 'reject' }), rec: ark('Record<string, number>'), union: ark(["'q'", '|', { q: 'number' }]), disc: ark([{ k: "'a'" }, '|', { k: "'b'" }]), Date: ark('Date'), bigint: ark('bigint'), dateMin: ark("Date > d'2021-01-01'"), nestedObj: ark({ a: { b: 'string > 2' } }),
}; // biome-ignore format: a table

// Rules that Pydantic does not have; and words of the app, which are the app's.
const untranslated = [
  'Value error, Invalid JWT',
  'Value error, Invalid zz',
  'Value error, Invalid input: more than one option matched',
  'Value error, mine',
  'Value error, own words',
  "Value error, Expected UploadFile, received: <class 'str'>",
];
const raw = /^Value error, |\bexpected \S+ to\b|Invalid input|must be|Too (?:big|small)/;

const libraries = { Zod: zodSchemas, Valibot: valibotSchemas, ArkType: arkSchemas };
for (const [library, schemas] of Object.entries(libraries)) {
  for (const [name, schema] of Object.entries(schemas)) {
    test(`${library}, ${name}: whatever is sent is refused in the words of Pydantic`, async () => {
      for (const mode of ['strict', 'lax', 'text'] as const) {
        for (const input of samples) {
          if (mode === 'text' && typeof input !== 'string') continue;
          for (const { type, loc, msg, ctx } of await issuesOf(schema, input, mode)) {
            const shown = `${mode}, ${JSON.stringify(input)}: ${loc.join('.')} ${type} ${msg}`;
            assert.ok(!raw.test(msg) || untranslated.includes(msg), shown);
            assert.ok(!raw.test(String(ctx?.['error'] ?? '')) || untranslated.includes(msg), shown);
          }
        }
      }
    });
  }
}

const told: readonly [name: string, schema: Schema, input: unknown, mode: Mode, issues: readonly string[]][] = [
  ['an integer or null beyond 2^53', z.int().nullable(), 2 ** 53 + 2, 'strict', ['body int_parsing_size Unable to parse input string as an integer, exceeded maximum size']],
  ['an integer or null beyond 2^53', z.int().nullable(), '9007199254740994', 'text', ['body int_parsing_size Unable to parse input string as an integer, exceeded maximum size']],
  ['one of two patterns', z.string().regex(/^a/).regex(/b$/), 'ac', 'strict', ["body string_pattern_mismatch String should match pattern 'b$'"]],
  ['two patterns and a number', z.string().regex(/^a/).regex(/b$/), 5, 'strict', ['body string_type Input should be a valid string']],
  ['a pattern beside a format', z.email().regex(/^q/), 'a@b.cc', 'strict', ["body string_pattern_mismatch String should match pattern '^q'"]],
  ['the length of an email', z.email().min(30), 'a@b.cc', 'strict', ['body string_too_short String should have at least 30 characters']],
  ['a start', z.string().startsWith('a.b'), 'x', 'strict', ["body string_pattern_mismatch String should match pattern '^a\\.b.*'"]],
  ['a UUID of another version', z.uuidv4(), 'd9428888-122b-11e1-b85c-61cd3cbb3210', 'strict', ['body uuid_version UUID version 4 expected']],
  ['a scheme', z.url({ protocol: /^https?$/ }), 'ftp://a.b', 'strict', ["body url_scheme URL scheme should be 'http' or 'https'"]],
  ['a moment without a zone', z.iso.datetime(), '2020-01-01T00:00:00', 'strict', ['body timezone_aware Input should have timezone info']],
  ['an IPv4 address', z.ipv4(), 'x', 'strict', ['body ip_v4_address Input is not a valid IPv4 address']],
  ['an IPv6 network', z.cidrv6(), '::1/200', 'strict', ['body ip_v6_network Input is not a valid IPv6 network']],
  ['base64', z.base64(), 'abc', 'strict', ["body base64_decode Base64 decoding error: 'Incorrect padding'"]],
  ['base64', z.base64(), 'a', 'strict', ["body base64_decode Base64 decoding error: 'Invalid base64-encoded string: number of data characters (1) cannot be 1 more than a multiple of 4'"]],
  ['an early date', z.date().min(new Date('2021-01-01')), '2020-01-01', 'strict', ['body greater_than_equal Input should be greater than or equal to 2021-01-01T00:00:00Z']],
  ['a late date', z.date().max(new Date('2018-01-01T12:00:00.5Z')), '2020-01-01', 'strict', ['body less_than_equal Input should be less than or equal to 2018-01-01T12:00:00.500Z']],
  ['a boolean in texts', z.stringbool(), 'maybe', 'strict', ['body bool_parsing Input should be a valid boolean, unable to interpret input']],
  ['literals of Python', z.literal(['q', 5, true, null]), 'w', 'strict', ["body literal_error Input should be 'q', 5, True or None"]],
  ['a union of literals', z.union([z.literal('q'), z.literal(true)]), 'w', 'strict', ["body.literal['q'] literal_error Input should be 'q'", 'body.literal[True] literal_error Input should be True']],
  ['a tuple that is too short', z.tuple([z.int(), z.string()]), [1], 'strict', ['body.1 missing Field required']],
  ['a tuple that is too long', z.tuple([z.int(), z.string()]), [1, 'a', 2], 'strict', ['body too_long Tuple should have at most 2 items after validation, not 3']],
  ['no tuple', z.tuple([z.int()]), 'x', 'strict', ['body tuple_type Input should be a valid tuple']],
  ['a dictionary that is too short', valibot(v.pipe(v.record(v.string(), v.any()), v.minEntries(2))), { a: 1 }, 'strict', ['body too_short Dictionary should have at least 2 items after validation, not 1']],
  ['keys of a dictionary', z.record(z.enum(['p', 'q']), z.int()), { p: 1, r: 2 }, 'strict', ["body.r.[key] enum Input should be 'p' or 'q'", 'body.q missing Field required']],
  ['keys that fit a pattern', z.looseRecord(z.string().regex(/^a/), z.int()), { ab: 'x', b: 'y' }, 'strict', ['body.ab int_type Input should be a valid integer']],
  ['what nobody may send', z.object({ a: z.never().optional() }), { a: 1 }, 'strict', ['body.a extra_forbidden Extra inputs are not permitted']],
  ['what a transform made', z.string().transform(() => ({ a: 'x', b: 1 })).pipe(z.strictObject({ a: z.int(), c: z.string() }) as never), 'x', 'strict', ['body.a float_type Input should be a valid number', 'body.c missing Field required', 'body.b extra_forbidden Extra inputs are not permitted']],
  ['a number that a codec made', z.codec(z.string(), z.int().min(5), { decode: Number, encode: String }), '3', 'strict', ['body greater_than_equal Input should be greater than or equal to 5']],
  ['no number that a codec made', z.codec(z.string(), z.int(), { decode: Number, encode: String }), 'x', 'strict', ['body float_parsing Input should be a valid number, unable to parse string as a number']],
  ['a rule of the app', z.string().refine(() => false, 'mine'), 'x', 'strict', ['body value_error Value error, mine']],
  ['a message of the app where no JSON Schema tells', z.date().min(new Date('2021-01-01'), 'say when'), '2020-01-01', 'strict', ['body value_error Value error, say when']],
  ['a tuple of ArkType', ark(['number', 'string']), [1], 'strict', ['body.1 missing Field required']],
  ['a root of ArkType', ark('string.json'), 'x', 'strict', ['body json_invalid Invalid JSON: it cannot be parsed']],
]; // biome-ignore format: a table
for (const [name, schema, input, mode, issues] of told) {
  test(`${name}: ${JSON.stringify(input)} is told as Pydantic does (${mode})`, async () => {
    const found = await issuesOf(schema, input, mode);
    assert.deepEqual(
      found.map(({ type, loc, msg }) => `${loc.join('.')} ${type} ${msg}`),
      issues,
    );
  });
}

test('what an answer, a result or another service forbids is named where it is, whatever the library', async () => {
  const { ResponseInvalid } = await import('../../src/schema/checked-value.ts');
  const { issues } = ark('string')['~standard'].validate(5) as { issues: never[] };
  assert.match(new ResponseInvalid('GET /', issues).message, /forbids: value: must be a string/);
});
