import type { IncomingMessage, ServerResponse } from 'node:http';
import { expiryOf } from '../request/context.ts';
import { noteHandedOn } from '../request/root-path.ts';
import type { Answer } from '../respond/answer.ts';
import { noAnswer, type Passage } from '../road/passage.ts';
import { endConnection } from '../send/send-answer.ts';
import { answerRaw } from './answer-raw.ts';
import { countBody } from './limit-body.ts';

/** Where a request is handed on to. */
export interface MountPlace {
  readonly prefix: string;
  /** What the path is below the prefix, with the query. */
  readonly path: string;
  /** The prefix as the client sees it. */
  readonly rootPath: string;
  readonly bodyLimit: number;
}

export interface HandOver {
  readonly isApp: boolean;
  /** Milliseconds that another App is given; for others the road's own limit holds. */
  readonly timeout: number | undefined;
  readonly take: (raw: IncomingMessage, response: ServerResponse, failed: (error: unknown) => void) => void;
}

/** Hands the request and the response themselves on. Resolves once the answer has left, or its client. */
export function handOver(passage: Passage, place: MountPlace, { isApp, timeout, take }: HandOver): Promise<Answer> {
  const { request, reply, prepared, context } = passage;
  const { raw } = request;
  const response = reply.raw;
  // The guards have taken longer than the client waits: of an answer that has ended nobody would hear.
  if (response.closed || expiryOf(context) !== undefined) return Promise.resolve(noAnswer);
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const over = (): void => resolve(noAnswer);
  response.once('finish', over).once('close', over);
  // What hooks of plugins have set, CORS for example.
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value as string | string[]);
  endConnection(prepared, reply);
  reply.hijack();
  const failed = (error: unknown): void => void answerRaw(error, passage);
  countBody(raw, place.bodyLimit, (error) => {
    // Whoever reads it would wait for its end for ever.
    response.once('close', () => raw.destroy());
    failed(error);
  });
  noteHandedOn(raw, { rootPath: place.rootPath, timeout, isApp });
  const handed = raw as IncomingMessage & { originalUrl?: string; baseUrl?: string };
  handed.originalUrl ??= raw.url ?? '/';
  // As Express and Connect tell what they have taken away.
  if (!isApp) handed.baseUrl = place.prefix;
  raw.url = place.path;
  take(raw, response, failed);
  return promise;
}
