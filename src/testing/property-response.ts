import type { RawAnswer } from './test-response.ts';

/** An answer in a test as it was before it became a web `Response`: its body is there at once. It goes with the next release. */
export interface PropertyResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body as JSON; it is `unknown` until you say what you expect. */
  json<T = unknown>(): T;
}

export function propertyResponse({ status, headers, bytes }: RawAnswer): PropertyResponse {
  const text = bytes.toString('utf8');
  return {
    status,
    headers: headers as PropertyResponse['headers'],
    text,
    bytes,
    json: <T>() => JSON.parse(text) as T,
  };
}

let hasWarned = false;

export function warnOfProperties(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    "testClient(app, { responses: 'properties' }) goes with the next release: answers are web Responses, so write await response.json(), await response.text() and response.headers.get(name).",
    { type: 'DeprecationWarning', code: 'CORTADO_DEP_TEST_PROPERTIES' },
  );
}
