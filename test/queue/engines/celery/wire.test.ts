import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { deflateSync, gzipSync, inflateSync } from 'node:zlib';
import { celerySettings } from '../../../../src/queue/engines/celery/brokers/celery-options.ts';
import { redisBroker } from '../../../../src/queue/engines/celery/brokers/redis-broker.ts';
import { mapArguments } from '../../../../src/queue/engines/celery/messages/map-arguments.ts';
import { decodeControl, encodeRevoke } from '../../../../src/queue/engines/celery/wire/control.ts';
import { decodeJson } from '../../../../src/queue/engines/celery/wire/decode-json.ts';
import { decodeTask } from '../../../../src/queue/engines/celery/wire/decode-task.ts';
import { encodeJson } from '../../../../src/queue/engines/celery/wire/encode-json.ts';
import { encodeTask } from '../../../../src/queue/engines/celery/wire/encode-task.ts';
import { decodeException, encodeException, PythonError } from '../../../../src/queue/engines/celery/wire/exception.ts';
import { pythonRepr } from '../../../../src/queue/engines/celery/wire/python-repr.ts';
import {
  decodeResult,
  encodeResult,
  isOwnResult,
  readResult,
} from '../../../../src/queue/engines/celery/wire/result.ts';
import type { TaskMessage } from '../../../../src/queue/engines/celery/wire/task-message.ts';
import { decodeTime, encodeTime } from '../../../../src/queue/engines/celery/wire/time.ts';
import { celeries, celeriesOfYears } from '../../../support/celery-versions.ts';
import { dice, randomMessage, randomValue } from './random-messages.ts';

const plain = { args: [], retries: 0, callbacks: [], errbacks: [], chain: [], headers: {} };
const broker = redisBroker(celerySettings({ url: 'celery+redis://127.0.0.1:6379/0' }));

test('reads and writes what JSON cannot say', () => {
  const value = decodeJson(
    '{"a": 9007199254740993, "b": [NaN, Infinity, -Infinity], "c": "NaN \\" Infinity 12345678901234567890", "d": 1e400, "e": -12345678901234567890}',
  );
  assert.deepEqual(value, {
    a: 9007199254740993n,
    b: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    c: 'NaN " Infinity 12345678901234567890',
    d: Number.POSITIVE_INFINITY,
    e: -12345678901234567890n,
  });
  assert.equal(
    encodeJson({ a: 9007199254740993n, b: [Number.NaN, Number.NEGATIVE_INFINITY], c: undefined }),
    '{"a":9007199254740993,"b":[NaN,-Infinity]}',
  );
});

test('reads the typed values of kombu', () => {
  const text =
    '[{"__type__":"datetime","__value__":"2026-11-24T03:31:32+00:00"},{"__type__":"uuid","__value__":{"hex":"0123456789abcdef0123456789abcdef"}},{"__type__":"decimal","__value__":"1.10"},{"__type__":"odd","__value__":1}]';
  assert.deepEqual(decodeJson(text), ['2026-11-24T03:31:32+00:00', '01234567-89ab-cdef-0123-456789abcdef', '1.10', 1]);
});

const refused: Record<string, unknown> = {
  'an object that means a typed value': { __type__: 'x', __value__: 1 },
  'a nested one': [{ deep: { __value__: 1, __type__: 'datetime' } }],
  'a function': () => {},
  'an integer that Python refuses to read': 10n ** 4301n,
  'nesting beyond what Python reads': Array.from({ length: 2000 }).reduce<unknown>((inner) => [inner], 1),
};
for (const [what, value] of Object.entries(refused)) {
  test(`refuses to send ${what}`, () => {
    assert.throws(() => encodeJson(value), { code: 'CORTADO_QUEUE_PAYLOAD' });
  });
}

test('refuses ids, names, times and headers that would kill or confuse a worker', () => {
  const cases: Partial<TaskMessage>[] = [
    { id: '' },
    { task: '' },
    { eta: 8.64e15 },
    { expires: Number.NaN },
    { headers: { id: 'other' } },
    { headers: { big: 1n } },
    { headers: { nan: Number.NaN } },
    { headers: { typed: { '!': 'int8', value: 1 } } },
  ];
  for (const values of cases) {
    assert.throws(
      () => encodeTask({ ...plain, id: 'a', task: 'b', kwargs: {}, ...values }),
      { code: 'CORTADO_QUEUE_PAYLOAD' },
      JSON.stringify(values, (_key, value) => (typeof value === 'bigint' ? 'big' : value)),
    );
  }
});

test('sends nothing without what a Python worker dies of, and reads back all that it sends', (context) => {
  const roll = dice(context, 7);
  for (let round = 0; round < 2000; round++) {
    const message = randomMessage(roll);
    const packed = broker.pack(encodeTask(message), { queue: 'celery' });
    const envelope = JSON.parse(packed.slice(packed.indexOf('\n') + 1));
    assert.equal(typeof envelope.headers.id, 'string');
    assert.equal(typeof envelope.headers.task, 'string');
    assert.equal(typeof envelope.properties.delivery_tag, 'string');
    assert.equal(envelope.properties.delivery_info.exchange, '');
    assert.equal(envelope.properties.delivery_info.routing_key, 'celery');
    assert.equal(envelope.properties.body_encoding, 'base64');
    assert.equal(envelope['content-type'], 'application/json');
    const decoded = decodeTask(broker.unpack(packed));
    assert.ok(decoded.ok);
    const expected = { ...message, rootId: message.rootId ?? message.id, priority: message.priority ?? 0 };
    for (const name of [
      'id',
      'task',
      'args',
      'kwargs',
      'eta',
      'expires',
      'retries',
      'group',
      'groupIndex',
      'rootId',
      'priority',
      'callbacks',
      'chain',
      'chord',
      'headers',
    ] as const)
      assert.deepEqual(decoded.message[name], expected[name], name);
  }
});

for (const celery of celeriesOfYears('5.2', 'newest')) {
  test(`is read by Python's own json and kombu as it was meant: ${celery.title}`, { skip: celery.skip }, (context) => {
    const roll = dice(context, 11);
    const values = Array.from({ length: 300 }, () => randomValue(roll));
    const code =
      'import sys, json\nfrom kombu.utils.json import loads\nfor line in sys.stdin: print(json.dumps(loads(line.strip())))';
    const lines = values.map((value) => encodeJson(value));
    const output = execFileSync(celery.python, ['-c', code], {
      input: lines.join('\n'),
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    const read = output.trim().split('\n').map(decodeJson);
    // Python prints a number with a fraction of 0 as such, which is the same number here.
    assert.deepEqual(read, lines.map(decodeJson));
  });
}

test('reads version 1 and the hybrid of both versions', () => {
  const v1 = {
    task: 'app.add',
    id: 'v1',
    args: [1, 2],
    kwargs: {},
    retries: 1,
    eta: '2026-11-24T03:31:32.771200',
    expires: null,
    utc: true,
    callbacks: null,
    taskset: 'g',
  };
  const decoded = decodeTask({
    body: Buffer.from(JSON.stringify(v1)),
    headers: {},
    properties: {},
    contentType: 'application/json',
  });
  assert.ok(decoded.ok);
  assert.deepEqual(
    [decoded.message.id, decoded.message.args, decoded.message.retries, decoded.message.group],
    ['v1', [1, 2], 1, 'g'],
  );
  assert.equal(decoded.message.eta, Date.UTC(2026, 10, 24, 3, 31, 32, 771));
  const hybrid = decodeTask({
    body: Buffer.from('{"args":[3],"kwargs":{"y":4}}'),
    headers: { task: 'app.add', id: 'h' },
    properties: {},
    contentType: 'application/json',
  });
  assert.ok(hybrid.ok && hybrid.message.kwargs['y'] === 4);
});

test('reads compressed bodies, and tells what it cannot read', () => {
  const body = '[[1],{},{}]';
  const read = (packed: Uint8Array, compression: string, contentType = 'application/json') =>
    decodeTask({ body: packed, headers: { id: 'i', task: 't', compression }, properties: {}, contentType });
  assert.ok(read(deflateSync(body), 'application/x-gzip').ok);
  assert.ok(!read(gzipSync(body), 'application/x-gzip').ok);
  const pickled = read(Buffer.from(body), '', 'application/x-python-serialize');
  assert.ok(!pickled.ok && pickled.id === 'i' && /not accepted/.test(pickled.reason));
  for (const broken of ['', '{', '[1,2', '"text"', '[[1]]', '[{},{},{}]', '[[],[],{}]']) {
    assert.equal(
      decodeTask({ body: Buffer.from(broken), headers: { id: 'i', task: 't' }, properties: {}, contentType: undefined })
        .ok,
      false,
      broken,
    );
  }
});

test('unpacks no more than an input may have', () => {
  const pack = (size: number): Buffer => deflateSync(`[["${'a'.repeat(size)}"],{},{}]`);
  const read = (body: Buffer, limit?: number) => {
    const headers = { id: 'i', task: 't', compression: 'application/x-gzip' };
    return decodeTask({ body, headers, properties: {}, contentType: 'application/json' }, limit);
  };
  assert.ok(read(pack(1_000_000)).ok);
  assert.ok(read(pack(5_000_000), 8_000_000).ok);
  assert.ok(!read(pack(5_000_000)).ok);
  const bomb = pack(100_000_000);
  const refused = read(bomb, 1_000_000);
  assert.ok(!refused.ok && refused.id === 'i' && /1000000 bytes/.test(refused.reason));
  const whole = msOf(() => inflateSync(bomb));
  const took = Math.min(...[1, 2, 3].map(() => msOf(() => read(bomb, 1_000_000))));
  assert.ok(took < whole / 4, `${took} ms; all of it takes ${whole} ms`);
});

/** Milliseconds of this thread's processor time: what else the machine does counts for nothing. */
function msOf(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

const aWorker = 'celery@kitchen.example';

/** Patterns of a command, and whether the worker above is meant. */
const patterns: readonly [matcher: string, pattern: string, isMeant: boolean][] = [
  ['glob', '*', true],
  ['glob', 'celery@*', true],
  ['glob', '*@kitchen.exampl?', true],
  ['glob', '*@kitchenxexample', false],
  ['glob', 'celery', false],
  ['glob', `${'*'.repeat(200)}example`, true],
  ['glob', `${'*e'.repeat(20)}x`, false],
  ['pcre', 'celery@.*', true],
  ['pcre', 'cook@.*|celery', true],
  ['pcre', 'kitchen', false],
  ['pcre', '(', false],
];
for (const [matcher, pattern, isMeant] of patterns)
  test(`a command for the ${matcher} ${pattern.slice(0, 30)} is ${isMeant ? '' : 'not '}for ${aWorker}`, () => {
    const body = JSON.stringify({ method: 'ping', arguments: {}, pattern, matcher });
    assert.equal(decodeControl(body, aWorker)?.method, isMeant ? 'ping' : undefined);
  });

for (const [matcher, pattern] of [
  ['pcre', '(c+)+e'],
  ['glob', `${'*c'.repeat(14)}e`],
])
  test(`no pattern of a command holds the process: ${matcher} ${pattern}`, () => {
    const body = JSON.stringify({ method: 'ping', arguments: {}, pattern, matcher });
    let found: unknown;
    // Without a limit a minute, and twice as long with each character more.
    const took = msOf(() => (found = decodeControl(body, 'c'.repeat(33))));
    assert.equal(found, undefined);
    assert.ok(took < 3000, `${took} ms`);
  });

const reprs: [unknown, string][] = [
  [null, 'None'],
  [[true, false], '[True, False]'],
  ["it's", '"it\'s"'],
  ['both \' and "', "'both \\' and \"'"],
  ['line\n\ttab \\ é ☕ \u0000 \ud800', "'line\\n\\ttab \\\\ é ☕ \\x00 \\ud800'"],
  [{ a: 1, b: [1.5, 'x'] }, "{'a': 1, 'b': [1.5, 'x']}"],
  [Number.NaN, 'nan'],
  [2n ** 64n, '18446744073709551616'],
];
test('prints values as Python does', () => {
  for (const [value, text] of reprs) assert.equal(pythonRepr(value), text);
  assert.equal(pythonRepr([1], { tuple: true }), '(1,)');
  assert.equal(pythonRepr([1, 'a'], { tuple: true }), "(1, 'a')");
  assert.ok(pythonRepr('x'.repeat(1_000_000)).length < 1100);
});

test('carries exceptions over and back', () => {
  assert.deepEqual(encodeException(new RangeError('bad')), {
    exc_type: 'ValueError',
    exc_message: ['bad'],
    exc_module: 'builtins',
  });
  assert.deepEqual(encodeException(new PythonError('Burnt', ['hot', 93], { module: 'app' })), {
    exc_type: 'Burnt',
    exc_message: ['hot', 93],
    exc_module: 'app',
  });
  // A name from elsewhere must never make Python look up something that is no exception.
  assert.deepEqual(encodeException({ name: 'a b\u0000', message: 'm' }), {
    exc_type: 'a_b_',
    exc_message: ['m'],
    exc_module: 'cortado',
  });
  const error = decodeException({ exc_type: 'MyErr', exc_message: ['bad', 3], exc_module: 'app' }, 'Traceback…');
  assert.deepEqual([error.type, error.module, error.args, error.name], ['MyErr', 'app', ['bad', 3], 'app.MyErr']);
  assert.equal(decodeException(null, null).type, 'Exception');
});

test('reads and writes results, times and commands', () => {
  const meta = {
    id: 'a',
    status: 'SUCCESS',
    result: [1],
    doneAt: 1_795_491_065_908,
    children: ['b'],
    group: 'g',
    parentId: undefined,
    traceback: undefined,
  } as const;
  assert.deepEqual(decodeResult(encodeResult(meta)), meta);
  assert.deepEqual([encodeResult(meta), '{"status":"SUCCESS","task_id":"i"}'].map(isOwnResult), [true, false]);
  assert.equal(decodeResult('nonsense'), undefined);
  assert.equal(decodeTime('2026-11-24T03:31:05.908716'), 1_795_491_065_908);
  assert.equal(encodeTime(1_795_491_065_908), '2026-11-24T03:31:05.908000+00:00');
  const revoke = JSON.parse(encodeRevoke('x', { reason: 'y' }));
  const more = { destination: ['a@b'], ticket: 't', reply_to: { exchange: 'e', routing_key: 'k' } };
  const command = JSON.stringify({ ...revoke, ...more });
  assert.equal(decodeControl(command, 'other@b'), undefined);
  assert.deepEqual(decodeControl(command, 'a@b'), {
    method: 'revoke',
    arguments: { task_id: 'x', terminate: true, signal: 'SIGTERM', reason: 'y' },
    replyTo: { exchange: 'e', routingKey: 'k' },
    ticket: 't',
  });
});

test('reads of results in other formats whether they are ends', () => {
  const texts: Readonly<Record<string, string>> = {
    pickle: '\x80\x04\x95\x8c\x06status\x94\x8c\x07SUCCESS\x94\x8c\x06result',
    'pickle of version 2': '\x80\x02}q\x00(X\x06\x00\x00\x00statusq\x01X\x07\x00\x00\x00SUCCESSq\x02',
    yaml: 'children: []\nresult: 5\nstatus: SUCCESS\n',
    msgpack: '\x86\xa6status\ufffdSUCCESS\xa6result\x05',
    'broken JSON': '{"status": "SUCC',
    'another JSON': '[1, 2]',
    'JSON without an id': '{"status": "SUCCESS", "result": 1}',
    nothing: '',
  };
  for (const [format, text] of Object.entries(texts)) {
    const ended = readResult('i', text);
    assert.deepEqual([ended.id, ended.status], ['i', 'FAILURE'], format);
    assert.match(ended.unreadable!, /result_serializer = "json"/);
    for (const state of ['STARTED', 'RETRY', 'RECEIVED']) {
      if (!text.includes('SUCCESS') || text.startsWith('{')) continue;
      assert.equal(readResult('i', text.replace('SUCCESS', state)).unreadable, undefined, `${format} ${state}`);
    }
  }
  const read = readResult('other', '{"status": "SUCCESS", "result": 1, "task_id": "i"}');
  assert.deepEqual([read.id, read.result, read.unreadable], ['i', 1, undefined]);
});

describe("binds Python's arguments as Python does", () => {
  const message = (args: unknown[], kwargs: Record<string, unknown>): TaskMessage => {
    return { ...plain, id: 'i', task: 'kw', args, kwargs };
  };
  const parameters = (text: string) =>
    text
      .split(' ')
      .filter((name) => name !== '')
      .map((name) => ({ name: name.replace('?', ''), required: !name.endsWith('?') }));
  const bind = (text: string, args: unknown[], kwargs: Record<string, unknown>, isOwn?: boolean): unknown => {
    try {
      return mapArguments(message(args, kwargs), parameters(text), isOwn);
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };
  const cases: readonly [parameters: string, args: unknown[], kwargs: Record<string, unknown>, bound: unknown][] = [
    ['x y', [1], { y: 2 }, { x: 1, y: 2 }],
    ['x y?', [1], {}, { x: 1 }],
    ['x', [1], { zzz: 3 }, "TypeError: kw() got an unexpected keyword argument 'zzz'"],
    ['x', [1], { x: 2 }, "TypeError: kw() got multiple values for argument 'x'"],
    ['x y', [1, 2, 3], {}, 'TypeError: kw() takes 2 positional arguments but 3 were given'],
    ['x', [1, 2], {}, 'TypeError: kw() takes 1 positional argument but 2 were given'],
    ['', [1], {}, 'TypeError: kw() takes 0 positional arguments but 1 was given'],
    ['x y?', [1, 2, 3], {}, 'TypeError: kw() takes from 1 to 2 positional arguments but 3 were given'],
    ['x y', [], { x: 1 }, "TypeError: kw() missing 1 required positional argument: 'y'"],
    ['x y', [], {}, "TypeError: kw() missing 2 required positional arguments: 'x' and 'y'"],
    ['x y z', [], {}, "TypeError: kw() missing 3 required positional arguments: 'x', 'y', and 'z'"],
  ];
  for (const [text, args, kwargs, bound] of cases) {
    test(`kw(${text}) called with ${JSON.stringify(args)} and ${JSON.stringify(kwargs)}`, () => {
      assert.deepEqual(bind(text, args, kwargs), bound);
    });
  }
  test('what Cortado sent may get the rest later, and may be of newer code', () => {
    assert.deepEqual(bind('x y', [], { x: 1, newer: 2 }, true), { x: 1 });
  });
  test('a name of a prototype is a name like others', () => {
    const input = mapArguments(message([], JSON.parse('{"__proto__":{"admin":true}}')), parameters('__proto__'));
    assert.ok(Object.hasOwn(input, '__proto__'));
  });
  for (const celery of celeries('5.2')) {
    test('3,000 random calls end in the same words', { skip: celery.skip }, (context) => {
      const roll = dice(context, 23);
      const names = ['a', 'b', 'c', 'd'];
      const calls = Array.from({ length: 3000 }, () => {
        const required = names.slice(0, roll(4));
        const optional = names.slice(required.length, required.length + roll(3));
        const args = Array.from({ length: roll(5) }, (_, at) => at);
        const given = [...names, 'z'].filter(() => roll(3) === 0).sort(() => roll(3) - 1);
        return { required, optional, args, kwargs: Object.fromEntries(given.map((name, at) => [name, at])) };
      });
      const code = `
import json, sys
for line in sys.stdin:
    call = json.loads(line)
    names = {}
    exec('def kw(%s): pass' % ', '.join(call['required'] + [name + '=None' for name in call['optional']]), names)
    try:
        names['kw'](*call['args'], **call['kwargs'])
        print('fine')
    except TypeError as error:
        print('TypeError: %s' % error)`;
      const input = calls.map((call) => JSON.stringify(call)).join('\n');
      const said = execFileSync(celery.python, ['-c', code], { input, encoding: 'utf8' }).trim().split('\n');
      for (const [at, { required, optional, args, kwargs }] of calls.entries()) {
        const bound = bind([...required, ...optional.map((name) => `${name}?`)].join(' '), args, kwargs);
        assert.equal(typeof bound === 'string' ? bound : 'fine', said[at], JSON.stringify(calls[at]));
      }
    });
  }
});

test('reads its options from the URL, and refuses those that cannot be', () => {
  assert.equal(celerySettings({ url: 'celery+redis://h/1?queue=web&visibilityTimeout=1000' }).queue, 'web');
  assert.throws(() => celerySettings({ url: 'redis://h' }), { code: 'CORTADO_QUEUE_URL' });
  assert.throws(() => celerySettings({ url: 'celery+redis://h?colour=red' }), { code: 'CORTADO_OPTION_UNKNOWN' });
  assert.throws(() => celerySettings({ url: 'celery+amqp://h' }), { code: 'CORTADO_OPTION_INVALID' });
  assert.throws(() => celerySettings({ url: 'celery+redis://h/0', backend: 'redis://other/0' }), {
    code: 'CORTADO_OPTION_INVALID',
  });
});
