import assert from 'node:assert/strict';
import { refused, timed } from './application.ts';
import type { Contender } from './contenders.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** Checks that a contender answers as it must, before it is timed. */
export async function checkAnswers({ name, validates, isExact }: Contender, url: string): Promise<void> {
  for (const { answer, ...request } of [timed.order, timed.rows]) {
    const response = await sendOne(url, request);
    const what = `${name}: ${request.method} ${request.path}`;
    assert.equal(response.status, 200, what);
    const text = await response.text();
    if (isExact) assert.equal(text, answer, what);
    else assert.deepEqual(JSON.parse(text), JSON.parse(answer), what);
  }
  if (!validates) return;
  for (const request of [timed.wrong, ...refused]) {
    const { status } = await sendOne(url, request);
    assert.ok(status >= 400 && status < 500, `${name} must refuse ${request.body}, and answered with ${status}`);
  }
}

function sendOne(url: string, { method, path, body }: Sent): Promise<Response> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(url + path, { method, headers, ...(body !== undefined && { body }) });
}
