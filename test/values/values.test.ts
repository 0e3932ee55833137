import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { ClientResponse } from '../../src/http-client/client-response.ts';
import { App, body, cookie, eventStream, form, header, jsonLines, query, type Schema } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { settings } from '../../src/settings/index.ts';
import { testClient } from '../../src/testing/index.ts';
import {
  Base64Bytes,
  bytes,
  decimal,
  duration,
  instant,
  plainDate,
  plainDateTime,
  plainTime,
} from '../../src/values/index.ts';
import { coded } from '../support/coded.ts';

/** A class as libraries of decimals have one. */
class Money {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toJSON(): string {
    return this.#text;
  }
}

interface Kind {
  readonly schema: z.ZodType;
  /** The text that comes and goes. */
  readonly wire: string;
  readonly value: unknown;
  /** What the handler may return for it as well, and what that is on the wire. */
  readonly others: readonly (readonly [value: unknown, wire: string])[];
  /** A text that it is not, and its type of error. */
  readonly wrong: readonly [text: string, type: string];
  /** What of JSON it takes in the lax mode alone. */
  readonly lax: readonly unknown[];
  readonly json: object;
}

const day = Temporal.PlainDate.from('2026-03-01');
const time = Temporal.PlainTime.from('12:30:05.25');
const both = Temporal.PlainDateTime.from('2026-03-01T12:30');
const moment = Temporal.Instant.from('2026-03-01T12:30:00.123456789Z');
const length = Temporal.Duration.from({ hours: 1, minutes: 30 });
const decimalPattern = '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$';

const kinds: Readonly<Record<string, Kind>> = {
  'plainDate()': {
    schema: plainDate(),
    wire: '2026-03-01',
    value: day,
    others: [['2026-03-02', '2026-03-02']],
    wrong: ['2026-02-30', 'date_parsing'],
    lax: ['2026-03-01T00:00:00Z', 1772323200],
    json: { type: 'string', format: 'date' },
  },
  'plainTime()': {
    schema: plainTime(),
    wire: '12:30:05.25',
    value: time,
    others: [['12:30', '12:30:00']],
    wrong: ['12:30Z', 'timezone_naive'],
    lax: [45005.25],
    json: { type: 'string', format: 'time' },
  },
  'plainDateTime()': {
    schema: plainDateTime(),
    wire: '2026-03-01T12:30:00',
    value: both,
    others: [['2026-03-01 12:30', '2026-03-01T12:30:00']],
    wrong: ['2026-03-01T12:30:00Z', 'timezone_naive'],
    lax: [],
    json: { type: 'string', format: 'date-time' },
  },
  'instant()': {
    schema: instant(),
    wire: '2026-03-01T12:30:00.123456789Z',
    value: moment,
    others: [['2026-03-01T14:30:00+02:00', '2026-03-01T12:30:00Z']],
    wrong: ['2026-03-01T12:30:00', 'timezone_aware'],
    lax: [],
    json: { type: 'string', format: 'date-time' },
  },
  'duration()': {
    schema: duration(),
    wire: 'PT1H30M',
    value: length,
    others: [['1 day, 2:03:04', 'P1DT2H3M4S']],
    wrong: ['P1X', 'time_delta_parsing'],
    lax: [5400],
    json: { type: 'string', format: 'duration' },
  },
  'decimal()': {
    schema: decimal(),
    wire: '1.10',
    value: '1.10',
    others: [
      [1.5, '1.5'],
      ['1E3', '1E+3'],
    ],
    wrong: ['1,10', 'decimal_parsing'],
    lax: [],
    json: { anyOf: [{ type: 'number' }, { type: 'string', pattern: decimalPattern }] },
  },
  'decimal({ as })': {
    schema: decimal({ as: Money }),
    wire: '1.10',
    value: new Money('1.10'),
    others: [['2.50', '2.50']],
    wrong: ['1,10', 'decimal_parsing'],
    lax: [],
    json: { anyOf: [{ type: 'number' }, { type: 'string', pattern: decimalPattern }] },
  },
  'bytes()': {
    schema: bytes(),
    wire: 'AP/+',
    value: new Base64Bytes([0, 255, 254]),
    others: [
      [Buffer.from([0, 255, 254]), 'AP/+'],
      [Uint8Array.of(0, 255, 254).subarray(1), '//4='],
      ['AP_-', 'AP/+'],
    ],
    wrong: ['AP/', 'bytes_invalid_encoding'],
    lax: [],
    json: { type: 'string', contentEncoding: 'base64', contentMediaType: 'application/octet-stream' },
  },
};

/** What a value is and says, as it stands in one text. */
const shown = (value: unknown): string => `${Object.prototype.toString.call(value)} ${JSON.stringify(value)}`;

interface Refusal {
  readonly detail: readonly { readonly type: string; readonly loc: readonly unknown[]; readonly msg: string }[];
}

for (const [name, { schema, wire, value, others, wrong, lax, json }] of Object.entries(kinds)) {
  const seen: unknown[] = [];
  const see = ({ v }: { readonly v?: unknown }): { v: unknown } => {
    seen.push(v);
    return { v };
  };
  const model = z.object({ v: schema }) as z.ZodType<Record<string, unknown>> & Schema<unknown, { v: unknown }>;
  const app = new App({ logger: false });
  const response = model as Schema<unknown>;
  app.get('/path/{v}', { params: { v: schema }, response }, see);
  app.get('/query', { params: { v: query(schema) }, response }, see);
  app.get('/header', { params: { v: header(schema) }, response }, see);
  app.get('/cookie', { params: { v: cookie(schema) }, response }, see);
  app.post('/form', { params: { v: form(schema) }, response }, see);
  app.post('/strict', { params: { b: body(model) }, response }, ({ b }) => see(b));
  app.post('/lax', { params: { b: body(model) }, response, coerceBody: true }, ({ b }) => see(b));
  let returned: unknown;
  app.get('/answer', { response }, () => ({ v: returned }));
  app.get('/events', { response: eventStream(schema as Schema<unknown>) }, async function* () {
    yield returned;
  });
  app.get('/lines', { response: jsonLines(schema as Schema<unknown>) }, async function* () {
    yield returned;
  });

  test(`${name} is a value in every source, and a text in the answer`, async () => {
    await using client = await testClient(app);
    const text = new URLSearchParams({ v: wire });
    const asked = await Promise.all([
      client.get(`/path/${encodeURIComponent(wire)}`),
      client.get(`/query?${text}`),
      client.get('/header', { headers: { v: wire } }),
      client.get('/cookie', { headers: { cookie: `v=${encodeURIComponent(wire)}` } }),
      client.post('/form', {
        body: text.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      client.post('/strict', { json: { v: wire } }),
      client.post('/lax', { json: { v: wire } }),
    ]);
    for (const answer of asked) assert.equal(await answer.text(), JSON.stringify({ v: wire }));
    assert.deepEqual(seen.splice(0).map(shown), new Array(asked.length).fill(shown(value)));
  });

  test(`${name} refuses what it is not, in Pydantic's words`, async () => {
    await using client = await testClient(app);
    for (const [path, input] of [
      ['/strict', wrong[0]],
      ['/lax', wrong[0]],
      ['/strict', null],
      ['/strict', [wire]],
    ] as const) {
      const answer = await client.post(path, { json: { v: input } });
      assert.equal(answer.status, 422);
      const [issue] = (await answer.json<Refusal>()).detail;
      assert.deepEqual(issue?.loc, ['body', 'v']);
      const expected = path === '/lax' && wrong[1] === 'date_parsing' ? 'date_from_datetime_parsing' : wrong[1];
      if (input === wrong[0]) assert.equal(issue?.type, expected);
      else assert.match(issue?.type ?? '', /_type$/);
    }
    assert.equal((await (await client.post('/strict', { json: {} })).json<Refusal>()).detail[0]?.type, 'missing');
  });

  test(`${name} takes numbers and other texts that stand for it where JSON is coerced, and not otherwise`, async () => {
    await using client = await testClient(app);
    for (const input of lax) {
      assert.equal(await (await client.post('/lax', { json: { v: input } })).text(), JSON.stringify({ v: wire }));
      assert.equal((await client.post('/strict', { json: { v: input } })).status, 422);
    }
  });

  test(`${name} in an answer, an event and a line is written from its value and from its text`, async () => {
    await using client = await testClient(app);
    for (const [given, text] of [[value, wire], [wire, wire], ...others] as const) {
      returned = given;
      assert.equal(await (await client.get('/answer')).text(), JSON.stringify({ v: text }));
      assert.equal(await (await client.get('/lines')).text(), `${JSON.stringify(text)}\n`);
      assert.match(
        await (await client.get('/events')).text(),
        new RegExp(`data: ${RegExp.escape(JSON.stringify(text))}`),
      );
    }
    for (const no of [wrong[0], null, {}]) {
      returned = no;
      assert.equal((await client.get('/answer')).status, 500);
    }
  });

  test(`${name} is documented as FastAPI documents it`, async () => {
    await using client = await testClient(app);
    const document = await (await client.get('/openapi.json')).json<{
      paths: Record<string, Record<string, { parameters: { schema: object }[] }>>;
    }>();
    assert.deepEqual(document.paths['/query']?.['get']?.parameters[0]?.schema, json);
  });

  test(`${name} is a task's input and its result`, async () => {
    const queue = new Queue();
    const task = queue.task(
      'echo',
      { params: { v: schema as Schema<unknown>, list: z.array(schema) }, returns: response },
      ({ v, list }) => {
        assert.equal(list.length, 1);
        return see({ v });
      },
    );
    const worked = new App({ logger: false });
    worked.use(queue);
    await using _client = await testClient(worked);
    for (const given of [value, wire, ...others.map(([other]) => other)]) {
      const handle = await task.enqueue({ v: given, list: [given] });
      const expected = others.find(([other]) => other === given)?.[1] ?? wire;
      assert.deepEqual(await handle.result(), { v: expected });
    }
    assert.equal(shown(seen.splice(0)[0]), shown(value));
    await assert.rejects(task.enqueue({ v: wrong[0], list: [] }), coded('CORTADO_TASK_INPUT'));
  });

  test(`${name} is read from the environment, and from what another service answers`, async () => {
    const { v } = settings(z.object({ v: schema }), { environment: { V: wire } });
    assert.equal(shown(v), shown(value));
    const answer = new ClientResponse('GET /', 200, {}, Buffer.from(JSON.stringify({ v: wire })));
    assert.equal(shown((await answer.parse(model)).v), shown(value));
  });
}

const bounds: readonly (readonly [options: object, text: string, type: string | undefined])[] = [
  [{ gt: 0 }, '0.000', 'greater_than'],
  [{ gt: 0 }, '1E-400', undefined],
  [{ gt: '0.1' }, '0.10', 'greater_than'],
  [{ gt: '0.1' }, '0.1000000000000000000000000001', undefined],
  [{ ge: -1 }, '-1.00', undefined],
  [{ ge: -1 }, '-1.0000000000000000001', 'greater_than_equal'],
  [{ lt: '1e3' }, '999.99999999999999999999', undefined],
  [{ lt: '1e3' }, '1000', 'less_than'],
  [{ le: 10 }, '10.0', undefined],
  [{ le: 10 }, '1E400', 'less_than_equal'],
  [{ le: -1 }, '-2', undefined],
  [{ le: -1 }, '-0.5', 'less_than_equal'],
  [{ maxDigits: 3 }, '1.230', undefined],
  [{ maxDigits: 3 }, '1.234', 'decimal_max_digits'],
  [{ maxDigits: 3 }, '1E3', 'decimal_max_digits'],
  [{ decimalPlaces: 2 }, '1234567.8900', undefined],
  [{ decimalPlaces: 2 }, '0.001', 'decimal_max_places'],
  [{ maxDigits: 5, decimalPlaces: 2 }, '1234.5', 'decimal_whole_digits'],
  [{ maxDigits: 5, decimalPlaces: 2 }, '123.45', undefined],
  [{ maxDigits: 2, decimalPlaces: 2 }, '0.0', undefined],
  [{ maxDigits: 2, decimalPlaces: 2 }, '1', 'decimal_whole_digits'],
];

for (const [options, text, type] of bounds)
  test(`decimal(${JSON.stringify(options)}) ${type === undefined ? 'takes' : 'refuses'} ${text}, as a text and of a class`, async () => {
    const app = new App({ logger: false });
    app.get('/text', { params: { v: decimal(options) } }, ({ v }) => v);
    app.get('/class', { params: { v: decimal({ ...options, as: Money }) } }, ({ v }) => v);
    await using client = await testClient(app);
    for (const path of ['/text', '/class']) {
      const answer = await client.get(path, { query: { v: text } });
      if (type === undefined) assert.equal(await answer.json(), text.replace('1E400', '1E+400'));
      else assert.equal((await answer.json<Refusal>()).detail[0]?.type, type);
    }
  });

test('a decimal of a class that is no number is no answer', async () => {
  const app = new App({ logger: false });
  app.get('/', { response: decimal({ as: Money }) }, () => new Money('NaN'));
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 500);
});

test("a duration's months and years are days as it is read, and stay as they are in what a handler returns", async () => {
  const app = new App({ logger: false });
  app.get('/', { params: { v: duration() }, response: duration() }, ({ v }) => v);
  app.get('/own', { response: duration() }, () => Temporal.Duration.from({ months: 1 }));
  await using client = await testClient(app);
  assert.equal(await (await client.get('/?v=P1Y1M1W1DT1H')).json(), 'P403DT1H');
  assert.equal(await (await client.get('/own')).json(), 'P1M');
});

test('a decimal keeps all digits of a number of JSON, with coercion and without', async () => {
  for (const coerceBody of [true, false]) {
    const app = new App({ logger: false, coerceBody });
    app.post('/', { params: { b: z.object({ v: decimal() }) } }, ({ b }) => b);
    await using client = await testClient(app);
    const headers = { 'content-type': 'application/json' };
    const answer = await client.post('/', { body: '{"v":12345678901234567890123}', headers });
    assert.deepEqual(await answer.json(), { v: '12345678901234567890123' });
  }
});

test('a decimal with options that are none is refused where it is declared', () => {
  for (const options of [{ gt: 'x' }, { le: Number.NaN }, { maxDigits: 0 }, { decimalPlaces: 1.5 }, { as: 1 }])
    assert.throws(
      () => decimal(options as object),
      coded('CORTADO_OPTION_INVALID', 'decimal()', Object.keys(options)[0]!),
    );
  assert.throws(() => decimal({ greater: 1 } as object), coded('CORTADO_OPTION_UNKNOWN', 'greater'));
});

test('where there is no Temporal its values are refused as they are declared, with what to write instead', () => {
  const { Temporal: kept } = globalThis;
  Reflect.deleteProperty(globalThis, 'Temporal');
  try {
    for (const declare of [plainDate, plainTime, plainDateTime, instant, duration])
      assert.throws(declare, coded('CORTADO_NODE_VERSION', `${declare.name}()`, 'Temporal', 'z.'));
  } finally {
    Object.defineProperty(globalThis, 'Temporal', { value: kept, configurable: true, writable: true });
  }
});

test('a value by itself is read and written by its schema', () => {
  const schema = z.object({ day: plainDate(), price: decimal(), signature: bytes() });
  const value = schema.parse({ day: '2026-03-01', price: 1.5, signature: 'AP/+' });
  assert.equal(value.day.dayOfWeek, 7);
  assert.deepEqual(z.encode(schema, value), { day: '2026-03-01', price: '1.5', signature: 'AP/+' });
  assert.match(String(schema.safeParse({ ...value, day: '2026-02-30' }).error), /Input should be a valid date/);
});

test('a schema made of a value keeps what it is: refined, described, with a default and examples', async () => {
  const seen: unknown[] = [];
  const Booking = z
    .object({
      from: plainDate()
        .refine((from) => from.year > 2000, 'too early')
        .describe('The first day'),
      until: plainDate().default(() => Temporal.PlainDate.from('2026-03-02')),
      either: z.union([plainDate(), plainTime()]).optional(),
    })
    .meta({ id: 'Booking', examples: [{ from: '2026-03-01' }] });
  const app = new App({ logger: false });
  app.post('/', { params: { booking: Booking }, response: Booking }, ({ booking }) => {
    seen.push(booking.until instanceof Temporal.PlainDate);
    return booking;
  });
  await using client = await testClient(app);
  assert.equal(
    await (await client.post('/', { json: { from: '2026-03-01', either: '12:30' } })).text(),
    '{"from":"2026-03-01","until":"2026-03-02","either":"12:30:00"}',
  );
  assert.deepEqual(seen, [true]);
  const { detail } = await (await client.post('/', { json: { from: '1999-03-01', either: 'x' } })).json<Refusal>();
  assert.deepEqual(detail.map(({ loc, type }) => [loc.join('.'), type]).sort(), [
    ['body.either.date', 'date_parsing'],
    ['body.either.time', 'time_parsing'],
    ['body.from', 'value_error'],
  ]);
  const { components } = await (await client.get('/openapi.json')).json<{
    components: { schemas: Record<string, { properties: Record<string, object>; examples: unknown }> };
  }>();
  const shownInput = components.schemas['Booking-Input']!;
  assert.deepEqual(shownInput.properties['from'], { description: 'The first day', type: 'string', format: 'date' });
  assert.deepEqual(shownInput.properties['until'], { type: 'string', format: 'date', default: '2026-03-02' });
  assert.deepEqual(shownInput.examples, [{ from: '2026-03-01' }]);
});
