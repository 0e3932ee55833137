import assert from 'node:assert/strict';
import { Parser } from '@asyncapi/parser';

const parser = new Parser();

/** Has the official parser look at a document: it must find nothing, not even a hint. */
export async function assertValid(document: unknown): Promise<void> {
  const { diagnostics } = await parser.parse(JSON.stringify(document));
  const found = diagnostics.map(({ message, path }) => `${path.join('.')}: ${message}`);
  assert.deepEqual(found, [], JSON.stringify(document, undefined, 1));
}
