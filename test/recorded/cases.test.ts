import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type RealResponse, sendRequest } from '../support/send-request.ts';
import { AgreementTable, agrees, compareAnswers, sameHeaders } from './agreement.ts';
import { chapters } from './apps/chapters.ts';
import { type CaseDifference, readDifferences } from './differences.ts';

interface RecordedCase {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
    readonly body_base64?: string;
  };
  readonly response: {
    readonly status: number;
    readonly json?: unknown;
    readonly text?: string;
    readonly headers?: Record<string, string>;
    readonly redirected?: readonly number[];
  };
}

const file = new URL('cases.json', import.meta.url);
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, RecordedCase[]>;

// The recorder wrote a header that was sent twice as one line.
const repeated: readonly string[] = ['x-tag', 'x_tag'];

function headersOf({ request }: RecordedCase): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { host: 'testserver' };
  for (const [name, value] of Object.entries(request.headers ?? {}))
    headers[name] = repeated.includes(name) ? value.split(', ') : value;
  return headers;
}

function ask(address: string, entry: RecordedCase): Promise<RealResponse> {
  const { method, url, body, body_base64: base64 } = entry.request;
  return sendRequest(address, url, {
    method,
    headers: headersOf(entry),
    body: base64 === undefined ? body : Buffer.from(base64, 'base64'),
    follow: entry.response.redirected !== undefined,
  });
}

function bodyOf(response: RealResponse): unknown {
  try {
    return response.json();
  } catch {
    return response.text === '' ? null : response.text;
  }
}

const wanted = ({ json, text }: RecordedCase['response']): unknown => (json === undefined ? (text ?? null) : json);

test("answers the applications of FastAPI's documentation as FastAPI does, but for the listed differences", async (t) => {
  const { cases: differences } = readDifferences();
  const table = new AgreementTable();
  const unexpected: string[] = [];
  const used = new Set<CaseDifference>();
  let asked = 0;
  let agreed = 0;
  for (const [name, entries] of Object.entries(recorded)) {
    const [chapter = '', ...rest] = name.split('.');
    const make = chapters[chapter]?.[rest.join('.')];
    assert.ok(make, `${name} is recorded, but not written in apps/`);
    await using app = make();
    const address = await app.listen({ port: 0 });
    for (const [index, entry] of entries.entries()) {
      const response = await ask(address, entry);
      const actual = { status: response.status, body: bodyOf(response) };
      const agreement = compareAnswers({ status: entry.response.status, body: wanted(entry.response) }, actual);
      const headers = sameHeaders(entry.response.headers, response.headers);
      table.add(chapter, agreement);
      asked++;
      if (agrees(agreement) && headers) {
        agreed++;
        continue;
      }
      const difference = differences.find((candidate) => candidate.case === name && candidate.index === index);
      if (difference !== undefined) used.add(difference);
      else
        unexpected.push(
          `${name} ${index}: ${entry.request.method} ${entry.request.url}\n  FastAPI ${JSON.stringify(entry.response)}\n  Cortado ${JSON.stringify(actual)} ${JSON.stringify(response.headers)}`,
        );
    }
  }
  t.diagnostic(`${agreed} of ${asked} recorded answers agree in status, type and loc\n${table.print()}`);
  assert.deepEqual(unexpected, [], `${unexpected.length} answers differ and are not listed:\n${unexpected.join('\n')}`);
  assert.deepEqual(
    differences.filter((difference) => !used.has(difference)),
    [],
    'a listed difference no longer differs',
  );
  assert.ok(agreed / asked >= 0.95, `only ${agreed} of ${asked} agree`);
});
