import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { CortadoError } from '../../base/error.ts';
import { isFileAnswer } from '../../declare/file-answer.ts';
import type { Media } from '../../declare/route/media.ts';
import type { Route } from '../../declare/route/route.ts';
import { beginSegment, endSegment } from '../../loop/measure/segment.ts';
import { notThrown } from '../../schema/checked-value.ts';
import { type Answer, safeHeaders } from './answer.ts';
import { contentResponder } from './content.ts';
import { eventStreamResponder } from './event-stream.ts';
import { fileResponder } from './file.ts';
import { type JsonResponder, jsonResponder } from './json.ts';
import { jsonLinesResponder } from './json-lines.ts';
import { isResponse, webAnswer } from './web.ts';

/** Turns a handler's value into an answer. `began` is when a handler did that has not waited for anything: both are one segment. */
export type Responder = (value: unknown, began?: number) => Answer | Promise<Answer>;

/** Compiles how a route's return value becomes an answer. */
export function responder(route: Route): Responder {
  const { media, response, settings } = route.definition;
  const excluded = [settings.exclude ?? []].flat();
  const usual =
    media === undefined ? jsonResponder(route.name, route.status, response, excluded) : mediaResponder(route, media);
  const lines = jsonLinesResponder(route, undefined);
  const files = fileResponder(route);
  const respond: JsonResponder = (value) => {
    if (typeof value === 'object' && value !== null) {
      if (isResponse(value)) return webAnswer(value);
      if (isFileAnswer(value)) return files(value);
      if (value instanceof Error) throw notThrown(route.name, value);
      if (media === undefined) {
        if (value instanceof Readable) return stream(value);
        if (value instanceof globalThis.ReadableStream) return stream(Readable.fromWeb(value as ReadableStream));
        // As FastAPI: a handler that yields answers with JSON lines, where it says nothing else.
        if (response === undefined && Symbol.asyncIterator in value) return lines(value);
        if (ArrayBuffer.isView(value)) throw undeclaredBytes(route.name);
      }
    }
    return usual(value);
  };
  return (value, began) => {
    const from = began ?? beginSegment();
    const answer = respond(value);
    endSegment(from, began === undefined ? 'respond' : 'handler');
    return answer;
  };
}

// Most likely a forgotten `throw`, which must not look like success.
function undeclaredBytes(route: string): CortadoError {
  const message = `${route} returned bytes: say what they are, response: content('image/png') for example.`;
  return new CortadoError('CORTADO_RESPONSE_INVALID', message);
}

function mediaResponder(route: Route, media: Media<unknown>): JsonResponder {
  switch (media.format) {
    case 'event-stream':
      return eventStreamResponder(route, media);
    case 'json-lines':
      return jsonLinesResponder(route, media.item);
    case 'content':
      return contentResponder(route, media);
  }
}

function stream(body: Readable): Answer {
  return { status: undefined, headers: { 'content-type': 'application/octet-stream', ...safeHeaders }, body };
}
