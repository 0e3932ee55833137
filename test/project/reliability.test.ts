import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { maxHeaderSize } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { App } from 'cortado';
import { readSources, root } from './sources.ts';

const page = readFileSync(join(root, 'docs/reliability.md'), 'utf8');
const table = page.slice(page.indexOf('## Limits'), page.indexOf('## What is open'));

/** The rows of the table of limits: what is limited, and its default in words. */
const rows = new Map(
  table
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:limit|\*\*)/.test(line))
    .map((line) => {
      const [, name, figure] = line.split('|').map((cell) => cell.trim());
      return [name!, figure!] as const;
    }),
);

const ms = 1;
const character = 1;
const one = 1;

/** Where the default of each row stands: the file, what it is called there, and the size of its unit. */
const sources: Readonly<Record<string, readonly [file: string, name: string, unit: number]>> = {
  body: ['app.ts', 'defaultBodyLimit', one],
  'rest of a refused body, read so that the client can read its answer': ['drop-rest.ts', 'mostDropped', one],
  'pause within such a rest': ['drop-rest.ts', 'longestPause', ms],
  'one path parameter': ['server.ts', 'maxParamLength', character],
  'fields of a form': ['upload-options.ts', 'fields', one],
  'files of a form': ['upload-options.ts', 'files', one],
  'one text of a multipart form': ['upload-options.ts', 'fieldSize', one],
  'all texts of a multipart form': ['parse-multipart.ts', 'mostText', one],
  'files of a form that stay in memory': ['upload-options.ts', 'memory', one],
  'uploaded files on disk, of all open requests': ['upload-options.ts', 'total', one],
  'levels of JSON for a recursive schema': ['nesting.ts', 'mostLevels', one],
  'digits of an integer in a text': ['exact-integers.ts', 'mostDigits', one],
  'digits of an integer in JSON for a `z.bigint()`': ['exact-integers.ts', 'mostDigits', one],
  'issues of one value, and members of a list or record of Zod with mistakes': ['walk.ts', 'mostIssues', one],
  'steps of one explanation, all members of unions together': ['walk.ts', 'mostSteps', one],
  'inputs shown in one answer': ['shown-input.ts', 'forInputs', character],
  'places (`loc`) in one answer': ['shown-input.ts', 'forPlaces', character],
  'a request to arrive, its body included (HTTP/1)': ['server.ts', 'requestTimeout', ms],
  'a connection without a request': ['server.ts', 'keepAliveTimeout', ms],
  'an answer of which its client takes nothing': ['app.ts', 'defaultSendTimeout', ms],
  'an outgoing request, its answer included': ['http-client.ts', 'timeout', ms],
  'a wait for a connection to the database, or a turn to write': ['make-engine.ts', 'defaultTimeout', ms],
  "a wait for another process's lock on SQLite": ['make-engine.ts', 'busyTimeout', ms],
  'a stop, `app.close()`': ['app.ts', 'deadline', ms],
  'a stop of `cortado run`, `cortado worker` and `stopOnSignals`': ['stop-on-signals.ts', 'defaultDeadline', ms],
  'kept connections after a stop began': ['server-holder.ts', 'defaultLinger', ms],
  'the same, for a worker that a reload replaces': ['cli/run/worker.ts', 'linger', ms],
  'streams of one HTTP/2 connection': ['server.ts', 'maxConcurrentStreams', one],
  'calls that wait for a thread': ['threads.ts', 'queue', one],
  'connections to PostgreSQL': ['make-engine.ts', 'max', one],
  'input or result': ['queue-options.ts', 'payloadLimit', one],
  'what comes besides the arguments of a packed Celery message': ['decode-task.ts', 'besides', one],
  'message of an error': ['to-task-error.ts', 'longestMessage', character],
  'stack of an error': ['to-task-error.ts', 'longestStack', character],
  'lines that one run logs for its task': ['reporter.ts', 'mostLines', one],
  'length of such a line': ['reporter.ts', 'longestLine', character],
  'workers lost by one task': ['queue-options.ts', 'maxCrashes', one],
  'a worker without a sign of life': ['worker-options.ts', 'lease', ms],
  'tasks of one worker at a time': ['worker-options.ts', 'concurrency', one],
  delay: ['time-range.ts', 'longestWait', ms],
  'tasks that are over': ['queue-options.ts', 'succeeded', ms],
  'tasks that failed': ['queue-options.ts', 'failed', ms],
  'tasks that are over, with `memory:`': ['memory-tasks.ts', 'mostFinished', one],
  "SQLite's write-ahead log, once its readers have left": ['thread-database.ts', 'journal_size_limit', one],
  'answer that `httpClient` reads whole': ['http-client.ts', 'maxBytes', one],
  'log lines that wait for a slow reader': ['log-output.ts', 'mostPending', one],
};
const nodes = ['request line and headers', 'an HTTP/2 session without traffic'];

const units: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  ms: 1,
  s: 1000,
  day: 86_400_000,
  days: 86_400_000,
  years: 365.25 * 86_400_000,
};

function numberOf(figure: string): number {
  const [, digits, unit] = /^([\d,]+)(?: (\w+))?$/.exec(figure) ?? [];
  assert.ok(digits !== undefined, `"${figure}" is a number and its unit`);
  return Number(digits.replaceAll(',', '')) * (units[unit ?? ''] ?? 1);
}

const files = readSources().map(({ path, text }) => ({ path, code: text.replace(/^\s*(?:\*|\/\*\*|\/\/).*$/gm, '') }));

/** A constant, or the default of an option, as its file has it: `most = 1000`, `options.most ?? 1000`. */
function valueIn(file: string, name: string): number {
  const assigned = new RegExp(`(?<!')\\b${name}\\b[^\\n;,]*?(?:= |: |\\?\\? |\\{)([\\d_]+(?: \\* [\\w.]+)*|day)`, 'g');
  const found = files
    .filter(({ path }) => `/${path}`.endsWith(`/${file}`))
    .flatMap(({ code }) => [...code.matchAll(assigned)].map(([, value]) => value!));
  assert.equal(new Set(found).size, 1, `${file} gives ${name} one value: ${found.join(', ')}`);
  return evaluate(found[0]!, (other) => valueIn(file, other));
}

function evaluate(text: string, named: (name: string) => number): number {
  return text
    .split(' * ')
    .map((part) => (/^[\d_.]+$/.test(part) ? Number(part.replaceAll('_', '')) : named(part)))
    .reduce((product, factor) => product * factor, 1);
}

for (const [name, [file, constant, unit]] of Object.entries(sources))
  test(`docs/reliability.md tells the limit of ${file}: ${name}`, () => {
    const figure = rows.get(name);
    assert.ok(figure !== undefined, 'it has a row');
    assert.equal(numberOf(figure), valueIn(file, constant) * unit);
  });

test("docs/reliability.md tells Node's and Fastify's own limits", async () => {
  assert.equal(numberOf(rows.get('request line and headers')!), maxHeaderSize);
  const app = new App({ logger: false });
  await app.ready();
  const { keepAliveTimeout, requestTimeout } = app.server.server;
  const { http2SessionTimeout } = app.server.initialConfig;
  await app.close();
  assert.equal(numberOf(rows.get('a connection without a request')!), keepAliveTimeout);
  assert.equal(numberOf(rows.get('a request to arrive, its body included (HTTP/1)')!), requestTimeout);
  assert.equal(numberOf(rows.get('an HTTP/2 session without traffic')!), http2SessionTimeout);
});

test('docs/reliability.md has no limit that is compared with nothing', () => {
  const unknown = [...rows].filter(
    ([name, figure]) => figure !== 'none' && sources[name] === undefined && !nodes.includes(name),
  );
  assert.deepEqual(unknown, []);
});
