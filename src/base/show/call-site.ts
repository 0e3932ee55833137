import { fileURLToPath } from 'node:url';

/** File and line of the code that called into Cortado, `src/app.ts:12`, to name a thing that has no name of its own. */
export function callSite(above: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, above);
  const place = /(?:\(|at )((?:file:|\/|[A-Za-z]:\\)[^)]*):(\d+):\d+\)?/.exec(holder.stack?.split('\n')[1] ?? '');
  if (place === null) return 'unknown place';
  const file = place[1]!.startsWith('file:') ? fileURLToPath(place[1]!) : place[1]!;
  const folder = `${process.cwd()}/`;
  return `${file.startsWith(folder) ? file.slice(folder.length) : file}:${place[2]}`;
}
