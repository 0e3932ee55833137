// Shows which files a request goes through, in the order in which their functions are entered: GET /items/{item_id} with a query, a
// dependency and an answer in JSON. A file that is entered again after it was left counts as a return. Functions of up to three lines, which ask or
// note one thing and say by their name what, are in brackets and count in the second figure only.
//
//   node --conditions=cortado-source scripts/trace-request.ts
import { once } from 'node:events';
import { get } from 'node:http';
import { type Debugger, type Profiler, Session } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import { App, dependency, path, query } from 'cortado';
import { z } from 'zod';

const source = new URL('../src/', import.meta.url).href;
const watched = ['http', 'inject', 'declare', 'schema'] as const;

const shop = dependency(() => ({ name: 'Cortado' }));
const app = new App({ logger: false });
app.get(
  '/items/{item_id}',
  {
    params: { item_id: path(z.int()), limit: query(z.int().max(100).default(10)), shop },
    response: z.object({ item_id: z.number(), limit: z.number(), shop: z.string() }),
  },
  ({ item_id, limit, shop: { name } }) => ({ item_id, limit, shop: name }),
);

const entered: string[] = [];
(globalThis as { entered?: (name: string) => void }).entered = (name) => entered.push(name);

await app.listen({ port: 0 });
const { port } = app.server.server.address() as AddressInfo;
const ask = async (): Promise<string> => {
  const [answer] = await once(get({ port, path: '/items/42?limit=20', agent: false }), 'response');
  return (await answer.toArray()).join('');
};
// Compiled with its first requests: what belongs to every request is seen after them.
for (let warm = 0; warm < 3; warm++) await ask();

const session = new Session();
session.connect();
const scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params));
await session.post('Debugger.enable');
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await ask();
const { result } = (await session.post('Profiler.takePreciseCoverage')) as Profiler.TakePreciseCoverageReturnType;
await session.post('Profiler.stopPreciseCoverage');
const ofInterest = result.filter(({ url }) => watched.some((folder) => url.startsWith(`${source}${folder}/`)));
for (const { scriptId, url, functions } of ofInterest) {
  const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId });
  const placeOf = (offset: number): Debugger.Location => {
    const lines = scriptSource.slice(0, offset).split('\n');
    return { scriptId, lineNumber: lines.length - 1, columnNumber: lines.at(-1)!.length };
  };
  for (const { functionName, ranges } of functions) {
    const { count, startOffset, endOffset } = ranges[0]!;
    if (count === 0) continue;
    const [start, end] = [placeOf(startOffset), placeOf(endOffset)];
    const { locations } = await session.post('Debugger.getPossibleBreakpoints', {
      start,
      end,
      restrictToFunction: true,
    });
    const isShort = scriptSource.slice(startOffset, endOffset).split('\n').length <= 3;
    const shown = functionName || '=>';
    const name = `${url.slice(source.length)} ${isShort ? `[${shown}]` : shown}`;
    // A condition that is never true: it is evaluated where the function begins, and nothing pauses.
    if (locations[0] !== undefined)
      await session.post('Debugger.setBreakpoint', {
        location: locations[0],
        condition: `(entered(${JSON.stringify(name)}), false)`,
      });
  }
}
entered.length = 0;
const answer = await ask();
session.disconnect();
await app.close();

interface Stay {
  readonly file: string;
  readonly functions: string[];
}

function staysOf(names: readonly string[]): Stay[] {
  const stays: Stay[] = [];
  for (const one of names) {
    const [file = '', ...words] = one.split(' ');
    const name = words.join(' ');
    const last = stays.at(-1);
    if (last?.file === file) last.functions.push(name);
    else stays.push({ file, functions: [name] });
  }
  return stays;
}

function figure(stays: readonly Stay[]): string {
  const files = new Set(stays.map(({ file }) => file));
  return `${stays.length} stays in ${files.size} files: ${stays.length - files.size} returns to a file that was left`;
}

const every = staysOf(entered);
for (const { file, functions } of every) console.log(`${file.padEnd(36)} ${functions.join(' ▸ ')}`);
console.log(
  `\n${answer}\n${figure(staysOf(entered.filter((name) => !name.endsWith(']'))))};\nshort functions included, ${figure(every)}.`,
);
