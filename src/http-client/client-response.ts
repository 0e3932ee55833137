import type { IncomingHttpHeaders } from 'node:http';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { stepsOf } from '../schema/issues/issue-path.ts';
import { outputValidator } from '../schema/output-validator.ts';
import { UpstreamError } from './upstream-error.ts';

/** An answer of another service, read whole. Every status is an answer; {@link ClientResponse.expectOk} tells where that is not enough. */
export class ClientResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly #request: string;

  /** @param request What it answers, `GET https://api.example/rates`, for messages. */
  constructor(request: string, status: number, headers: IncomingHttpHeaders, bytes: Buffer) {
    this.#request = request;
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
  }

  /** Whether the status is 2xx. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The body as UTF-8. */
  get text(): string {
    return this.bytes.toString('utf8');
  }

  /**
   * The body as JSON; where you do not say what it is, and have not looked, {@link ClientResponse.parse} is safer.
   *
   * @throws UpstreamError `CORTADO_UPSTREAM` where it is no JSON.
   */
  json<T = unknown>(): T {
    try {
      return JSON.parse(this.text) as T;
    } catch (cause) {
      throw new UpstreamError('CORTADO_UPSTREAM', `${this.#request} answered with what is no JSON`, { cause });
    }
  }

  /**
   * The body as JSON, validated.
   *
   * @throws UpstreamError `CORTADO_UPSTREAM` where it is no JSON, or not what the schema says.
   * @example
   * ```ts
   * const { rate } = await (await rates.get('/EUR')).expectOk().parse(z.object({ rate: z.number() }));
   * ```
   */
  async parse<S extends StandardSchemaV1>(schema: S): Promise<StandardSchemaV1.InferOutput<S>> {
    const result = await outputValidator(schema)(this.json());
    if (result.issues === undefined) return result.value as StandardSchemaV1.InferOutput<S>;
    const [issue] = result.issues as [StandardSchemaV1.Issue];
    const place = stepsOf(issue).join('.');
    const what = place === '' ? issue.message : `${place}: ${issue.message}`;
    throw new UpstreamError('CORTADO_UPSTREAM', `${this.#request} answered with what its schema forbids: ${what}`);
  }

  /**
   * The answer itself, where its status is 2xx. `raise_for_status` of httpx.
   *
   * @throws UpstreamError `CORTADO_UPSTREAM`.
   */
  expectOk(): this {
    if (this.ok) return this;
    throw new UpstreamError('CORTADO_UPSTREAM', `${this.#request} answered ${this.status}`);
  }
}
