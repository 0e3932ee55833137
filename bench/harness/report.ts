import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from './machine.ts';

const folder = join(import.meta.dirname, '../../docs/benchmarks');

/** What a benchmark writes into `docs/benchmarks`. */
export interface Report {
  /** Name of the benchmark, and of its files. */
  readonly name: string;
  readonly title: string;
  /** Markdown below the title: what was measured, tables, what they say. */
  readonly body: string;
  /** Charts by name: `get` becomes `http-get.svg`. */
  readonly charts?: Readonly<Record<string, string>>;
  /** Where the load came from. Default: from the harness, by HTTP. */
  readonly load?: string;
}

/** Writes a report and its charts; returns the path of the Markdown file. */
export function writeReport({ name, title, body, charts = {}, load }: Report): string {
  mkdirSync(folder, { recursive: true });
  for (const [chart, svg] of Object.entries(charts)) writeFileSync(join(folder, `${name}-${chart}.svg`), svg);
  const day = new Date().toISOString().slice(0, 10);
  const foot = `Measured on ${day}: ${describeMachine(load)} Run it again with \`npm run bench -- ${name}\`.`;
  const path = join(folder, `${name}.md`);
  writeFileSync(path, `# ${title}\n\n${body.trim()}\n\n${foot}\n`);
  return path;
}
