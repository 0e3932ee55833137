import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { refused, timed } from './application.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** Checks that a contender answers as it must, before it is timed. */
export async function checkAnswers(name: string, url: string): Promise<void> {
  for (const [scenario, { status, answer, ...request }] of Object.entries(timed)) {
    const what = `${name}: ${request.method} ${request.path}`;
    const response = await sendOne(url, request);
    assert.equal(response.status, status, what);
    const body = (await response.json()) as { id?: unknown };
    if (scenario !== 'post') assert.deepEqual(body, answer, what);
    else await checkMade(name, url, body, answer);
  }
  for (const request of refused) {
    const { status } = await sendOne(url, request);
    assert.ok(status >= 400 && status < 500, `${name}: ${request.path} must be refused, not answered with ${status}`);
  }
}

// What was made must be there when the answer has come. FastAPI answers first and commits afterwards, so there it may take a moment.
async function checkMade(name: string, url: string, { id, ...rest }: { id?: unknown }, answer: object): Promise<void> {
  assert.deepEqual(rest, answer, `${name}: what was made`);
  const read = async (): Promise<unknown> => (await sendOne(url, { method: 'GET', path: `/users/${id}` })).json();
  if (name === 'fastapi') await pause(500);
  assert.deepEqual(await read(), { id, ...answer }, `${name}: what was made, read again`);
}

function sendOne(url: string, { method, path, body }: Sent): Promise<Response> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(url + path, { method, headers, ...(body !== undefined && { body }) });
}
