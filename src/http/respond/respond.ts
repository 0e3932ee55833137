import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Route } from '../../declare/route.ts';
import type { Answer } from './answer.ts';
import { type JsonResponder, jsonResponder } from './json.ts';
import { webAnswer } from './web.ts';

/** Compiles how a route's return value becomes an answer. */
export function responder(route: Route): JsonResponder {
  const json = jsonResponder(route.name, route.status, route.definition.response);
  return (value) => {
    if (typeof value === 'object' && value !== null) {
      if (value instanceof Response) return webAnswer(value);
      if (value instanceof Readable) return stream(value);
      if (value instanceof globalThis.ReadableStream) return stream(Readable.fromWeb(value as ReadableStream));
    }
    return json(value);
  };
}

function stream(body: Readable): Answer {
  return { status: undefined, headers: { 'content-type': 'application/octet-stream' }, body };
}
