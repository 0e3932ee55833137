// A reporter of Node's test runner, a line each: `failed` and the file, for each test that did; `took`, milliseconds and the file, for each file.
import type { TestEvent } from 'node:test/reporters';

export default async function* tellFiles(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of source) {
    if (type === 'test:fail' && data.file !== undefined) yield `failed\t${data.file}\n`;
    if (type === 'test:summary' && data.file !== undefined)
      yield `took\t${Math.round(data.duration_ms)}\t${data.file}\n`;
  }
}
