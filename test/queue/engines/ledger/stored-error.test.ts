import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  cancelledBecause,
  cancelledWith,
  cancelledWithout,
  crashedBecause,
  expiredBecause,
  refusedBecause,
} from '../../../../src/queue/contract/task-errors.ts';
import type { TaskError } from '../../../../src/queue/contract/task-record.ts';
import { readError } from '../../../../src/queue/engines/ledger/stored-error.ts';

const older = { name: 'CortadoError', code: 'CORTADO_TASK_EXPIRED', message: 'It was not started in time.' };

const cases: Readonly<Record<string, readonly [stored: object, error: TaskError]>> = {
  'what a worker stored': [
    { name: 'TypeError', message: 'no', stack: 'at x' },
    { name: 'TypeError', message: 'no', stack: 'at x' },
  ],
  'the words of an older version': [older, older],
  'a task that was cancelled while it ran': [{ why: 'ran' }, cancelledBecause('It was cancelled while it ran.')],
  'a task that was revoked': [{ why: 'revoked' }, cancelledBecause('It was revoked.')],
  'a task that came too late': [{ why: 'late', expiresAt: '1764511400000' }, expiredBecause(1_764_511_400_000)],
  'a task that lost its workers': [{ why: 'crashed', crashes: 3, worker: 'w' }, crashedBecause(3, 'w')],
  'a task that lost workers without a name': [{ why: 'crashed', crashes: 3 }, crashedBecause(3, undefined)],
  'a task that waited for one that failed': [
    { why: 'other', id: 'i', name: 'n', state: 'failed' },
    cancelledWith({ id: 'i', name: 'n', state: 'failed' }),
  ],
  'a task that waited for one that is gone': [{ why: 'other', id: 'i' }, cancelledWithout('i')],
  'a task whose queue is none': [{ why: 'refused', reason: 'WRONGTYPE' }, refusedBecause('WRONGTYPE')],
};

suite('the ledger reads the error of', () => {
  for (const [name, [stored, error]] of Object.entries(cases))
    test(name, () => assert.deepEqual(readError(JSON.stringify(stored)), error));
});
