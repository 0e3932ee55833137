import type { FastifyReply } from 'fastify';
import { nodeHttp } from '../../base/node-http.ts';
import type { Closing } from '../../inject/close.ts';
import { refuseFraming } from '../request/check-framing.ts';
import { hasSetHeader, overrideHeader, type RequestContext } from '../request/context.ts';
import type { AnswerHeaders, FinalAnswer } from '../request/final-answer.ts';
import type { Answer } from '../respond/answer.ts';
import { heedContext } from '../send/heed-context.ts';

type Value = string | readonly string[];

/** The answer as functions around see it, and as it is with what they have changed. */
export class ChangingAnswer implements FinalAnswer, AnswerHeaders {
  #answer: Answer;
  readonly #reply: FastifyReply;
  readonly #context: RequestContext;
  readonly error?: unknown;

  constructor(answer: Answer, reply: FastifyReply, context: RequestContext, outcome: Closing) {
    this.#answer = heedContext(answer, context);
    this.#reply = reply;
    this.#context = context;
    if (outcome.failed) this.error = outcome.error;
  }

  get answer(): Answer {
    return this.#answer;
  }

  get status(): number {
    return this.#answer.status ?? this.#reply.statusCode;
  }

  get headers(): AnswerHeaders {
    return this;
  }

  get(name: string): string | null {
    const value = this.#value(name.toLowerCase());
    return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
  }

  has(name: string): boolean {
    return this.#value(name.toLowerCase()) !== undefined;
  }

  set(name: string, value: string | number): void {
    refuseFraming('answer.headers.set', name.toLowerCase());
    this.#put(name, String(value));
  }

  append(name: string, value: string): void {
    refuseFraming('answer.headers.append', name.toLowerCase());
    const before = this.#value(name.toLowerCase());
    const all = before === undefined ? [value] : [before, value].flat();
    this.#put(name, all.length === 1 ? all[0]! : name.toLowerCase() === 'set-cookie' ? all : all.join(', '));
  }

  delete(name: string): void {
    this.#put(name, undefined);
  }

  #value(key: string): Value | undefined {
    const said = this.#answer.headers[key] ?? this.#reply.getHeader(key);
    return typeof said === 'number' ? String(said) : (said as Value | undefined);
  }

  // Of what the answer itself says a copy is changed; what the context or a plugin has set stands on the reply, and goes before it.
  #put(name: string, value: Value | undefined): void {
    nodeHttp.validateHeaderName(name);
    for (const one of value === undefined ? [] : [value].flat()) nodeHttp.validateHeaderValue(name, one);
    const key = name.toLowerCase();
    const { [key]: _, ...others } = this.#answer.headers;
    const isOnReply = hasSetHeader(this.#context, key) || this.#reply.hasHeader(key);
    if (isOnReply) overrideHeader(this.#context, key, value);
    const isOwn = value !== undefined && !isOnReply;
    this.#answer = { ...this.#answer, headers: isOwn ? { ...others, [key]: value } : others };
  }
}
