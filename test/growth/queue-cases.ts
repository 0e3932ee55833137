import { z } from 'zod';
import { readJson, writeJson } from '../../src/base/json/exact-json.ts';
import { planFunction } from '../../src/declare/plan/plan-function.ts';
import type { Signature } from '../../src/queue/contract/signature.ts';
import { toTaskError } from '../../src/queue/contract/to-task-error.ts';
import { slotsOf } from '../../src/queue/declare/schedule.ts';
import { amqpTable, pack, rawMessage } from '../../src/queue/engines/celery/brokers/amqp-messages.ts';
import { followUps } from '../../src/queue/engines/celery/messages/follow-ups.ts';
import {
  countOf,
  freeze,
  leaves,
  resultLeaves,
  withQueueNames,
} from '../../src/queue/engines/celery/messages/freeze.ts';
import { mapArguments } from '../../src/queue/engines/celery/messages/map-arguments.ts';
import { newMessage } from '../../src/queue/engines/celery/messages/new-message.ts';
import { expand, type Parent } from '../../src/queue/engines/celery/messages/outgoing.ts';
import { nestedResults } from '../../src/queue/engines/celery/results/nested-results.ts';
import { decodeControl } from '../../src/queue/engines/celery/wire/control.ts';
import { decodeJson } from '../../src/queue/engines/celery/wire/decode-json.ts';
import { decodeTask } from '../../src/queue/engines/celery/wire/decode-task.ts';
import { encodeJson } from '../../src/queue/engines/celery/wire/encode-json.ts';
import { encodeTask } from '../../src/queue/engines/celery/wire/encode-task.ts';
import { decodeException, encodeException } from '../../src/queue/engines/celery/wire/exception.ts';
import { pythonRepr } from '../../src/queue/engines/celery/wire/python-repr.ts';
import { readResult } from '../../src/queue/engines/celery/wire/result.ts';
import { readTask } from '../../src/queue/engines/ledger/ledger-record.ts';
import { encodeInput } from '../../src/queue/payload/encode-input.ts';
import { encodePayload } from '../../src/queue/payload/encode-payload.ts';
import { reviveResult } from '../../src/queue/payload/revive-result.ts';
import { redact } from '../../src/queue/routes/redact.ts';
import type { GrowthCase } from '../support/growth.ts';
import { atoms, chosen } from './schema-cases.ts';

const list = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, index) => item(index));
const fill = (size: number, atom: string): string => atom.repeat(Math.ceil(size / atom.length));

function on<T>(name: string, most: number, input: (size: number) => T, run: (value: T) => unknown): GrowthCase {
  return {
    name,
    most,
    make: (size) => {
      const value = input(size);
      return () => {
        try {
          const made = run(value);
          return made instanceof Promise ? made.catch((error: unknown) => error) : made;
        } catch (error) {
          return error;
        }
      };
    },
  };
}

function levels<T>(name: string, most: number, input: (size: number) => T, run: (value: T) => unknown): GrowthCase {
  return { ...on(name, most, input, run), isBounded: true };
}

function nested(depth: number, bottom: unknown): unknown {
  let value = bottom;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

const plan = planFunction({ owner: 'job', params: { all: z.array(z.object({ n: z.int() })) }, rule: 'task' });
const settings = { limit: 100_000_000, stringify: writeJson, parse: readJson };
const bigints = z.array(z.bigint());
const minutes = slotsOf('schedule', { cron: '*/5 * * * *', timezone: 'Asia/Taipei' });
const names = new Set(['secret']);

const payloads: readonly GrowthCase[] = [
  on(
    'the input of a task',
    50_000,
    (size) => ({ all: list(size, (n) => ({ n })) }),
    (input) => encodeInput('job', plan, input, settings),
  ),
  on(
    'an input that does not fit',
    50_000,
    (size) => ({ all: list(size, () => ({ n: 'x' })) }),
    (input) => encodeInput('job', plan, input, settings),
  ),
  on(
    'an input of bigints',
    50_000,
    (size) => list(size, (n) => BigInt(n) + 2n ** 60n),
    (input) => readJson(encodePayload('job', input, settings)),
  ),
  on(
    'what nests deeply around a bigint, written and read',
    100_000,
    (size) => nested(size, 2n ** 64n),
    (value) => readJson(writeJson(value)),
  ),
  on(
    'an input of maps',
    50_000,
    (size) => list(size, (n) => new Map([[n, {}]])),
    (input) => encodePayload('job', input, settings),
  ),
  on(
    'a result of bigints',
    50_000,
    (size) => list(size, (n) => BigInt(n)),
    (value) => reviveResult(bigints, value),
  ),
  on(
    'redacted members',
    100_000,
    (size) => list(size, (n) => ({ n, secret: n })),
    (value) => redact(value, names),
  ),
  on(
    'redacted keys of one object',
    20_000,
    (size) => Object.fromEntries(list(size, (n) => [`k${n}`, { secret: n }])),
    (value) => redact(value, names),
  ),
  on(
    'redacted levels',
    200_000,
    (size) => nested(size, { secret: 1 }),
    (value) => redact(value, names),
  ),
  on('what a run threw', 1_000_000, (size) => new Error(fill(size, 'a\n')), toTaskError),
  on(
    'slots of a schedule',
    4_000,
    (size) => size,
    (size) => {
      for (let slot = 0, at = 0; slot < size; slot++) at = minutes.next(at)!;
    },
  ),
  on(
    'a task of a ledger',
    1_000_000,
    (size) => ({ state: 'queued', body: `{"name":"a","createdAt":0,"runAt":0}\n${fill(size, '\n"')}` }),
    (fields) => readTask('id', fields),
  ),
];

const texts: readonly GrowthCase[] = chosen([
  'NaN',
  '\\"',
  '9',
  '.',
  "'",
  '\\',
  '\0',
  '\u{1f600}',
  '"NaN',
  '{"__type__":',
  ...atoms,
]).map((atom) =>
  on(
    `texts of Celery, of ${JSON.stringify(atom)}`,
    400_000,
    (size) => fill(size, atom),
    (text) => {
      for (const run of [decodeJson, (one: string) => readResult('id', one)]) attempt(() => run(text));
      for (const value of [text, [text], { [text]: text }]) attempt(() => pythonRepr(value, { max: 10_000_000 }));
      attempt(() => encodeJson([text, 1n]));
      attempt(() => decodeException({ exc_type: text, exc_message: [text], exc_module: text }, text));
      attempt(() => encodeException(Object.assign(new Error(text), { name: text })));
    },
  ),
);

function attempt(run: () => unknown): void {
  try {
    run();
  } catch {}
}

const wire = (body: unknown) => ({
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  headers: { id: 'a', task: 'b' },
  properties: {},
  contentType: 'application/json',
});
const parent: Parent = { queueOf: () => 'q', now: 0 };
const signature = (
  task: string,
  kwargs: Record<string, unknown>,
  { args }: { args: readonly unknown[] } = { args: [] },
): Signature => ({
  task,
  args,
  kwargs,
  options: {},
  subtask_type: null,
  immutable: false,
});
const step = (n: number): Signature => signature(`task${n}`, {}, { args: [n] });
const composed = (task: string, kwargs: Record<string, unknown>): Signature => signature(task, kwargs);
const chainOf = (tasks: readonly Signature[]): Signature => composed('celery.chain', { tasks });
const groupOf = (tasks: readonly Signature[]): Signature => composed('celery.group', { tasks });
const chordOf = (header: readonly Signature[], body: Signature): Signature =>
  composed('celery.chord', { header, body, kwargs: {} });
const wrapped = (size: number, wrap: (inner: Signature) => Signature): Signature => {
  let one = step(0);
  for (let level = 0; level < size; level++) one = wrap(one);
  return one;
};
const walkAll = (given: Signature): unknown => {
  const frozen = freeze(given);
  return [leaves(frozen), resultLeaves(frozen), countOf(frozen), withQueueNames(frozen, () => 'q')];
};

const canvas: readonly GrowthCase[] = [
  on('a chain, settled', 8_000, (size) => chainOf(list(size, step)), walkAll),
  on('a group, settled', 8_000, (size) => groupOf(list(size, step)), walkAll),
  on('a chord, settled', 8_000, (size) => chordOf(list(size, step), step(0)), walkAll),
  on(
    'a chain of chains, settled',
    8_000,
    (size) => chainOf(list(size / 2, (n) => chainOf([step(n), step(n)]))),
    walkAll,
  ),
  on('callbacks of a task, settled', 8_000, (size) => ({ ...step(0), options: { link: list(size, step) } }), walkAll),
  levels(
    'a chain within a chain, and so on, settled',
    300,
    (size) => wrapped(size, (inner) => chainOf([step(1), inner])),
    walkAll,
  ),
  levels(
    'a group within a group, and so on, settled',
    300,
    (size) => wrapped(size, (inner) => groupOf([step(1), inner])),
    walkAll,
  ),
  levels(
    'a chord in the body of a chord, and so on, settled',
    300,
    (size) => wrapped(size, (inner) => chordOf([step(1)], inner)),
    walkAll,
  ),
  levels(
    'a group of chains of groups, and so on, settled',
    120,
    (size) => wrapped(size, (inner) => groupOf([chainOf([step(1), inner]), step(2)])),
    walkAll,
  ),
  on(
    'a chain, sent',
    4_000,
    (size) => chainOf(list(size, step)),
    (given) => expand(given, parent),
  ),
  on(
    'a group, sent',
    4_000,
    (size) => groupOf(list(size, step)),
    (given) => expand(given, parent),
  ),
  on(
    'a chord, sent',
    4_000,
    (size) => chordOf(list(size, step), step(0)),
    (given) => expand(given, parent),
  ),
];

const message = (size: number) => ({
  ...newMessage({ id: 'a', name: 'b', input: '{}', headers: {}, positional: [] } as never),
  chain: list(size, step),
  callbacks: list(size, step),
  errbacks: list(size, step),
});

const celery: readonly GrowthCase[] = [
  on('a task message of many arguments', 100_000, (size) => wire([list(size, (n) => n), {}, {}]), decodeTask),
  on(
    'a task message of many names',
    8_000,
    (size) => wire([[], Object.fromEntries(list(size, (n) => [`k${n}`, n])), {}]),
    decodeTask,
  ),
  on('a task message with a long chain', 20_000, (size) => wire([[], {}, { chain: list(size, step) }]), decodeTask),
  on('a task message that nests', 300_000, (size) => wire(`[${fill(size, '[')}`), decodeTask),
  on(
    'headers of a task message',
    20_000,
    (size) => ({
      ...wire([[], {}, {}]),
      headers: { id: 'a', task: 'b', ...Object.fromEntries(list(size, (n) => [`k${n}`, n])) },
    }),
    decodeTask,
  ),
  on(
    'stamps of a task message',
    20_000,
    (size) => ({
      ...wire([[], {}, {}]),
      headers: { id: 'a', task: 'b', stamped_headers: list(size, (n) => `k${n}`), stamps: {} },
    }),
    decodeTask,
  ),
  on('a message packed', 20_000, (size) => ({ ...message(0), args: list(size, (n) => ({ n })) }), encodeTask),
  on(
    'values for Python that JSON has not',
    20_000,
    (size) => list(size, (n) => ({ n: BigInt(n), at: new Set([n, Number.NaN]) })),
    encodeJson,
  ),
  on(
    'keys for Python',
    16_000,
    (size) => ({ ...Object.fromEntries(list(size, (n) => [`k${n}`, n])), big: 1n }),
    encodeJson,
  ),
  on(
    "Python's repr of a list",
    100_000,
    (size) => list(size, (n) => ({ n })),
    (value) => pythonRepr(value),
  ),
  on(
    "Python's repr of a list, whole",
    100_000,
    (size) => list(size, (n) => ({ n })),
    (value) => pythonRepr(value, { max: 100_000_000 }),
  ),
  on(
    'arguments by position',
    16_000,
    (size) => list(size, (n) => ({ name: `k${n}`, required: true })),
    (known) => mapArguments({ task: 'a', args: known, kwargs: {} }, known),
  ),
  on(
    'arguments that nobody declared',
    16_000,
    (size) => Object.fromEntries(list(size, (n) => [`k${n}`, n])),
    (kwargs) => mapArguments({ task: 'a', args: [], kwargs }, [{ name: 'n', required: true }], true),
  ),
  on(
    'results of a chord',
    20_000,
    (size) => ({
      saved: JSON.stringify({ result: [['g', null], list(size, (n) => [[`id${n}`, null], null])] }),
      values: new Map(list(size, (n) => [`id${n}`, n])),
    }),
    ({ saved, values }) => nestedResults(saved, values),
  ),
  on('what follows a success', 2_000, message, (given) =>
    followUps(given as never, { kind: 'succeeded', result: '1' }, parent),
  ),
  on('what follows a failure', 2_000, message, (given) =>
    followUps(given as never, { kind: 'failed', error: { name: 'E', message: '' } }, parent),
  ),
  on(
    'a command for many workers',
    40_000,
    (size) => JSON.stringify({ method: 'ping', destination: list(size, (n) => `w${n}`) }),
    (text) => decodeControl(text, 'w'),
  ),
  on('headers of AMQP', 20_000, (size) => Object.fromEntries(list(size, (n) => [`k${n}`, [n, { n }]])), amqpTable),
  on(
    'a delivery of AMQP, read and packed',
    1_000_000,
    (size) => ({ content: Buffer.from(fill(size, '"\\')), fields: {}, properties: { headers: {} } }),
    (delivery) => pack(rawMessage(delivery as never), 'q'),
  ),
];

export const queueCases: readonly GrowthCase[] = [...payloads, ...texts, ...canvas, ...celery];
