import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSources, root } from './sources.ts';

/** A place where what several callers ask for travels together. */
interface Place {
  /** Files of `src/`. */
  readonly where: readonly string[];
  /** A file of `test/`, and words of the test in which one of many is bad, and no neighbour fails. */
  readonly test: readonly [file: string, words: string];
}

/**
 * All places where work of several callers travels together, so that one bad member could fail its neighbours. Whoever makes another one
 * adds it here, with a test that sends one bad member among a thousand (200 where each has to run at the same time).
 */
const places: Readonly<Record<string, Place>> = {
  'tasks that are enqueued at about the same time': {
    where: ['queue/enqueue/enqueue-buffer.ts', 'queue/contract/partial-failure.ts'],
    test: ['queue/batches.test.ts', 'of 1,001 tasks in one batch one is refused'],
  },
  'options of tasks, before they are stored together': {
    where: ['queue/enqueue/enqueue-options.ts', 'queue/contract/gate.ts'],
    test: [
      'queue/enqueue/unstorable-options.test.ts',
      'none of 1,000 neighbours fails with a task that cannot be stored',
    ],
  },
  'tasks that an outbox hands on': {
    where: ['outbox/relay.ts', 'queue/engines/outbox/outbox.ts'],
    test: ['queue/enqueue/unstorable-options.test.ts', 'hands on all the others'],
  },
  'ends of runs': {
    where: ['queue/run/end-buffer.ts', 'queue/run/worker.ts', 'queue/engines/sql/finish.ts'],
    test: ['queue/batches.test.ts', 'of 1,000 ends another'],
  },
  'messages that follow from ends, with Celery': {
    where: ['queue/engines/celery/worker/fail-alone.ts', 'queue/engines/celery/messages/follow-ups.ts'],
    test: ['queue/engines/celery/unfit-ends.test.ts', 'a task whose followers cannot be sent fails alone'],
  },
  'messages on one channel of RabbitMQ': {
    where: ['queue/engines/celery/brokers/amqp-send.ts'],
    test: ['queue/engines/celery/odd-queues.test.ts', 'one queue that RabbitMQ would not have declared stops no other'],
  },
  'jobs of BullMQ that come along with ends': {
    where: ['queue/engines/bullmq/job-arrivals.ts'],
    test: ['queue/engines/bullmq/arrivals.test.ts', 'passes on that an end failed, and expects nothing of it'],
  },
  'signs of life of all runs of a worker': {
    where: ['queue/run/worker.ts', 'queue/engines/ledger/ledger.ts', 'queue/engines/sql/sql-worker-side.ts'],
    test: ['queue/batches.test.ts', 'the one that is cancelled ends'],
  },
  'tasks that are claimed together, and lost with their worker': {
    where: ['queue/run/company.ts'],
    test: ['queue/run/poison.test.ts', 'one task of 100 that takes its worker down'],
  },
  'progress and lines of one run': {
    where: ['queue/run/reporter.ts'],
    test: ['queue/batches.test.ts', 'what storage refuses of one report keeps back nothing else'],
  },
  'those who watch tasks': {
    where: ['queue/contract/watchers.ts', 'base/process/tell-all.ts'],
    test: ['queue/batches.test.ts', 'a watcher that throws keeps none of 1,000 others from hearing'],
  },
  'those who hear of figures': {
    where: ['http/app/lifecycle.ts', 'loop/loop-guard.ts', 'queue/run/worker.ts'],
    test: ['queue/batches.test.ts', 'an observer that throws ends no run'],
  },
  'those who listen to a database': {
    where: ['db/postgres/listener.ts', 'db/sqlite/change-watch.ts'],
    test: ['db/batches.test.ts', 'a listener that throws keeps none of 1,000 others from hearing'],
  },
  'statements of one turn of the loop': {
    where: [
      'db/sqlite/after-microtasks.ts',
      'db/sqlite/writer.ts',
      'db/sqlite/readers.ts',
      'db/sqlite/thread/thread-database.ts',
      'db/postgres/postgres-pool.ts',
    ],
    test: ['db/batches.test.ts', 'in one turn, one fails'],
  },
  'tasks that a page of the ledger reads at once': {
    where: ['queue/engines/ledger/ledger.ts'],
    test: ['queue/batches.test.ts', 'a task whose record is spoilt keeps no other from being listed'],
  },
  'gauges of the parts of an app': {
    where: ['http/app/lifecycle.ts', 'metrics/gauge-registry.ts'],
    test: ['metrics/metrics.test.ts', 'a part that cannot be measured is logged, and the others are there'],
  },
  'figures of all workers': {
    where: ['metrics/relay.ts', 'metrics/siblings.ts', 'cli/run/start-worker.ts'],
    test: ['metrics/workers.test.ts', 'with workers, one scrape has the figures of all'],
  },
  'subscriptions and members that begin at about the same time': {
    where: ['channels/read/heads.ts', 'channels/presence/presence.ts'],
    test: ['channels/faults.test.ts', 'of 1,000 subscriptions in one turn, the bad ones fail alone'],
  },
  'those who follow one stream of events': {
    where: ['channels/read/stream-reader.ts', 'channels/read/subscription.ts'],
    test: ['channels/faults.test.ts', 'an event that a subscriber cannot bear fails that one alone'],
  },
  'lines of the log': {
    where: ['http/log/access-log.ts', 'http/log/log-output.ts'],
    test: ['http/log/request-log.test.ts', 'a line that cannot be written takes none of 1,000 others along'],
  },
};

/** Files that wait for a turn of the loop, or are called so, and gather nothing of several callers. */
const alone: Readonly<Record<string, string>> = {
  'channels/engines/sql/alarm.ts': 'tells of streams that were written to: names that the database has taken',
  'channels/read/channel-feed.ts': 'ends one subscription a turn later',
  'http/sockets/connection/connection.ts': 'waits a turn where nobody is left to send to',
  'http/streams/feed-body.ts': 'ends one answer a turn later',
  'http/respond/web.ts': 'waits a turn for the whole of one body',
  'http/server/http2-response.ts': 'ends one answer a turn later',
  'loop/measure/loop-monitor.ts': 'gathers what held up the loop, all of it its own',
  'db/engine/unheard-failures.ts': 'waits for the failures of one session',
  'testing/test-client.ts': 'waits for what the app does after an answer',
};

const sources = readSources();

test('every file that gathers work is in the list of places', () => {
  const listed = new Set([...Object.values(places).flatMap(({ where }) => where), ...Object.keys(alone)]);
  const gathering = sources.filter(
    ({ path, text }) =>
      /buffer|batch/.test(path) ||
      /\b(?:queueMicrotask|setImmediate)\b/.test(text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')),
  );
  assert.ok(gathering.length > 5);
  assert.deepEqual(
    gathering.map(({ path }) => path).filter((path) => !listed.has(path)),
    [],
  );
});

test('what the list names is there', () => {
  const known = new Set(sources.map(({ path }) => path));
  const named = [...Object.values(places).flatMap(({ where }) => where), ...Object.keys(alone)];
  assert.deepEqual(
    named.filter((path) => !known.has(path)),
    [],
  );
  for (const [
    name,
    {
      test: [file, words],
    },
  ] of Object.entries(places)) {
    const path = join(root, 'test', file);
    assert.ok(existsSync(path), `${name}: ${path}`);
    assert.ok(readFileSync(path, 'utf8').includes(words), `${name}: no test "${words}" in ${path}`);
  }
});
