import type { TestContext } from 'node:test';
import type { TaskMessage } from '../../../../src/queue/engines/celery/wire/task-message.ts';
import { chance } from '../../../support/random.ts';

/** A whole number from 0 up to `below`. */
export type Roll = (below: number) => number;

/** The dice of one test. */
export function dice(context: TestContext, usual?: number): Roll {
  const random = chance(context, usual);
  return (below) => random.below(below);
}

/** A text of pieces that break readers. */
export function randomText(roll: Roll): string {
  const pieces = [
    'a',
    '"',
    "'",
    '\\',
    '\n',
    '\u0000',
    'é',
    '☕',
    '𝕏',
    '\ud800',
    '\u2028',
    '{',
    'NaN',
    '\x06\x16',
    '__type__',
  ];
  return Array.from({ length: roll(6) }, () => pieces[roll(pieces.length)]).join('');
}

/** A value as an argument may be. */
export function randomValue(roll: Roll, depth = 0): unknown {
  const kind = roll(depth > 3 ? 7 : 10);
  if (kind === 0) return null;
  if (kind === 1) return roll(2) === 0;
  if (kind === 2) return roll(1_000_000) - 500_000;
  if (kind === 3) return (roll(1000) - 500) / 7;
  if (kind === 4) return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 5e-324][roll(5)];
  if (kind === 5) return BigInt(10_000 + roll(1_000_000)) ** 5n * (roll(2) === 0 ? 1n : -1n);
  if (kind < 8) return randomText(roll);
  if (kind === 8) return Array.from({ length: roll(4) }, () => randomValue(roll, depth + 1));
  return Object.fromEntries(
    Array.from({ length: roll(4) }, () => [`k${randomText(roll)}`, randomValue(roll, depth + 1)]),
  );
}

/** A message with anything that a message may have. */
export function randomMessage(roll: Roll): TaskMessage {
  const signature = {
    task: `t.${roll(9)}`,
    args: [randomValue(roll)],
    kwargs: {},
    options: { task_id: `s${roll(999)}` },
    subtask_type: null,
    immutable: roll(2) === 0,
  };
  const maybe = <T>(value: T): T | undefined => (roll(2) === 0 ? value : undefined);
  return {
    id: `id-${roll(1_000_000)}`,
    task: `task.${roll(10)}`,
    args: Array.from({ length: roll(3) }, () => randomValue(roll)),
    kwargs: Object.fromEntries(Array.from({ length: roll(3) }, (_, at) => [`p${at}`, randomValue(roll)])),
    eta: maybe(Date.now() + roll(1_000_000)),
    expires: maybe(Date.now() + roll(1_000_000)),
    retries: roll(300),
    timeLimit: maybe(roll(100)),
    softTimeLimit: maybe(roll(100)),
    group: maybe('g1'),
    groupIndex: maybe(roll(500)),
    rootId: maybe('root'),
    parentId: maybe('parent'),
    replyTo: maybe('reply'),
    priority: maybe(roll(10)),
    callbacks: roll(2) === 0 ? [signature] : [],
    errbacks: roll(2) === 0 ? [signature] : [],
    chain: roll(2) === 0 ? [signature, signature] : [],
    chord: maybe(signature),
    headers: roll(2) === 0 ? { 'x-text': randomText(roll), 'x-number': roll(100_000), 'x-list': [1, null, true] } : {},
  };
}
