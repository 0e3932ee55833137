import assert from 'node:assert/strict';
import { refused, timed } from './application.ts';
import type { Contender } from './contenders.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** Checks that a contender answers as it must, before it is timed. */
export async function checkAnswers({ name, validates }: Contender, url: string): Promise<void> {
  for (const { answer, ...request } of Object.values(timed)) {
    const response = await sendOne(url, request);
    assert.equal(response.status, 200, `${name}: status of ${request.method} ${request.path}`);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/, `${name}: content-type`);
    assert.deepEqual(await response.json(), answer, `${name}: answer to ${request.method} ${request.path}`);
  }
  if (!validates) return;
  for (const request of refused) {
    const { status } = await sendOne(url, request);
    const what = `${name}: ${request.method} ${request.path} ${'body' in request ? request.body : ''}`;
    assert.ok(status >= 400 && status < 500, `${what} must be refused, not answered with ${status}`);
  }
}

function sendOne(url: string, { method, path, body }: Sent): Promise<Response> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(url + path, { method, headers, ...(body !== undefined && { body }) });
}
