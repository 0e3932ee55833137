// A reporter of Node's test runner: the files in which a test failed, a line each.
import type { TestEvent } from 'node:test/reporters';

export default async function* listFailedFiles(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of source)
    if (type === 'test:fail' && data.file !== undefined) yield `${data.file}\n`;
}
