import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { invalidOption } from '../../base/error.ts';
import { nodeHttp } from '../../base/node-http.ts';
import type { Abortable } from '../../concurrency/ending.ts';
import { HttpError } from '../request/http-error.ts';
import { isResponse } from '../respond/web.ts';
import type { Passage } from '../road/passage.ts';
import { limitSending } from '../send/limit-sending.ts';
import { answerRaw } from './answer-raw.ts';
import { handOver } from './hand-over.ts';
import type { Target } from './target.ts';

/** Answers a request of Node's HTTP server: an Express or Connect app, or a function of the same form. */
export type NodeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * An Express or Connect app as the target of a mount, or a function of their form.
 *
 * @param isWhole Whether it answers by itself what it does not know: it is not handed a `next` then.
 */
export function nodeTarget(handler: NodeHandler, isWhole: boolean): Target {
  return {
    kind: 'Node handler',
    inner: undefined,
    bodyLimit: Number.POSITIVE_INFINITY,
    keepsTime: false,
    handOn: (passage, place) =>
      handOver(passage, place, {
        isApp: false,
        timeout: undefined,
        take: (raw, response, failed) => {
          if (!(raw instanceof nodeHttp.IncomingMessage)) {
            keepMethods(raw, Readable);
            keepMethods(response, nodeHttp.ServerResponse);
          }
          limitSending(passage);
          heedEnds(passage);
          run(handler, isWhole, raw, response, failed);
        },
      }),
    parts: {},
    wantsUpgrade: () => false,
  };
}

function run(
  handler: NodeHandler,
  isWhole: boolean,
  raw: IncomingMessage,
  response: ServerResponse,
  failed: (error: unknown) => void,
): void {
  const next = (error?: unknown): void => failed(error ?? new HttpError(404, 'Not Found'));
  try {
    const returned = isWhole
      ? (handler as (a: object, b: object) => unknown)(raw, response)
      : handler(raw, response, next);
    if (returned instanceof Promise) returned.then(refuseResponse, failed).catch(failed);
    else refuseResponse(returned);
  } catch (error) {
    failed(error);
  }
}

function refuseResponse(returned: unknown): void {
  if (isResponse(returned))
    throw invalidOption(
      'app.mount(): a function of two parameters is taken for one of (req, res), and this one returned a Response. Mount it as a fetch handler: app.mount(prefix, { fetch: handler }).',
    );
}

/** Answers for it at the time limit and at the deadline of a stop, and has its answers end their connections while the app stops. */
function heedEnds(passage: Passage): void {
  const { context, reply, prepared } = passage;
  const { raw } = reply;
  const { signal } = context;
  signal.addEventListener('abort', () => void answerRaw(signal.reason, passage), { once: true });
  const stop: Abortable = {
    abort: () => {
      if (!raw.headersSent && raw.req.httpVersionMajor === 1) raw.setHeader('connection', 'close');
    },
  };
  prepared.signals.addStop(stop);
  raw.once('close', () => prepared.signals.delete(stop));
}

/**
 * Has an object keep the methods of its class although somebody puts another prototype in its place, as Express does with requests and
 * responses: those in memory, as the test client sends them, would lose what makes them more than Node's.
 *
 * @param base The class from which on the methods are Node's.
 */
function keepMethods(one: object, base: { readonly prototype: object }): void {
  const { prototype: last } = base;
  for (let at = Object.getPrototypeOf(one); at !== null && at !== last; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) {
      const { value } = Object.getOwnPropertyDescriptor(at, name)!;
      if (name === 'constructor' || typeof value !== 'function' || Object.hasOwn(one, name)) continue;
      Object.defineProperty(one, name, { value, configurable: true, writable: true });
    }
}
