import { readFileSync } from 'node:fs';
import { type RealResponse, sendRequest } from '../support/send-request.ts';
import { compareAnswers, sameHeaders } from './agreement.ts';
import { chapters } from './apps/chapters.ts';
import { type CaseDifference, readDifferences } from './differences.ts';
import { Replay } from './replay.ts';

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

/** Asks every recorded request of FastAPI's documentation of the same applications, written in Cortado. */
export async function replayCases(): Promise<Replay<CaseDifference>> {
  const replay = new Replay(readDifferences().cases);
  for (const [name, entries] of Object.entries(recorded)) {
    const [chapter = '', ...rest] = name.split('.');
    const make = chapters[chapter]?.[rest.join('.')];
    if (make === undefined) throw new Error(`${name} is recorded, but not written in apps/`);
    await using app = make();
    const address = await app.listen({ port: 0 });
    for (const [index, entry] of entries.entries()) {
      const response = await ask(address, entry);
      const actual = { status: response.status, body: bodyOf(response) };
      const agreement = compareAnswers({ status: entry.response.status, body: wanted(entry.response) }, actual);
      const type = agreement.type && sameHeaders(entry.response.headers, response.headers);
      replay.add(
        chapter,
        { ...agreement, type },
        (difference) => difference.case === name && difference.index === index,
        () =>
          `${name} ${index}: ${entry.request.method} ${entry.request.url}\n  FastAPI ${JSON.stringify(entry.response)}\n  Cortado ${JSON.stringify(actual)} ${JSON.stringify(response.headers)}`,
      );
    }
  }
  return replay;
}
