import { execFileSync } from 'node:child_process';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CortadoError } from '../base/error.ts';
import { lastLoaded } from './imports.ts';
import { shortPath } from './short-path.ts';

/** An error in lines: what happened and where; then the frames of the reader's own code, if the error came from there. */
export function describeFailure(error: unknown): string[] {
  if (!(error instanceof Error)) return [`cortado: not an Error was thrown: ${String(error)}`];
  // By code and not by class: the reader's file may have loaded another copy of Cortado.
  const { code } = error as { code?: unknown };
  if (error instanceof CortadoError && code === 'CORTADO_CLI') return [`cortado: ${error.message}`];
  const message = error.message.split('\n', 1)[0]!;
  if (error instanceof SyntaxError)
    return [`cortado: ${placeOfSyntaxError(error)}SyntaxError: ${message}${wayOutOf(message)}`];
  const missing = missingPackage(error);
  if (missing !== undefined) return [`cortado: ${missing}`];
  const frames = ownFrames(error);
  const place = frames[0] === undefined ? '' : `${/\(?([^( ]+:\d+):\d+\)?$/.exec(frames[0])?.[1] ?? ''}: `;
  if (typeof code === 'string' && /^(CORTADO_|ERR_MODULE_NOT_FOUND|ERR_UNKNOWN_FILE)/.test(code))
    return [`cortado: ${place}${shorten(error.message)}`];
  return [`cortado: ${place}${error.name}: ${message}`, ...frames];
}

// A package that only one part of Cortado needs, and that the reader has not installed.
function missingPackage({ message }: Error): string | undefined {
  const [, name, importer = ''] = /^Cannot find package '([^']+)' imported from (\S.*)$/.exec(message) ?? [];
  if (name === undefined || !importer.startsWith(cortado)) return undefined;
  const [part] = importer.slice(cortado.length).split(/[/\\]/);
  return `cortado/${part} needs ${name}: npm install ${name}`;
}

// Frames of Node, of libraries and of Cortado say nothing to somebody who looks for the fault in their own file.
function ownFrames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && /(file:\/\/|[( ]\/|[( ][A-Za-z]:\\)/.test(line))
    .filter((line) => !line.includes(`${sep}node_modules${sep}`) && !line.includes('/node_modules/'))
    .filter((line) => !line.includes(cortado))
    .map(shorten);
}

const cortado = new URL('../', import.meta.url).href.replace(/^file:\/\//, '');

function shorten(text: string): string {
  return text.replace(/file:\/\/[^\s):]+/g, (url) => fileURLToPath(url)).replaceAll(`${process.cwd()}${sep}`, '');
}

// What `npm init` writes into package.json makes every file CommonJS.
function wayOutOf(message: string): string {
  if (!/^(Cannot use import statement outside a module|Unexpected token 'export')/.test(message)) return '';
  return '. package.json must say "type": "module": npm pkg set type=module';
}

// Node puts the place on the first line of the stack, but for plain JavaScript that `import()` could not parse.
function placeOfSyntaxError(error: SyntaxError): string {
  const [first = ''] = (error.stack ?? '').split('\n');
  const place = /^(file:\/\/)?(\S*[/\\].*):(\d+)$/.exec(first) ?? checkedPlace();
  return place === null ? '' : `${shortPath(place[1] ? fileURLToPath(`file://${place[2]}`) : place[2]!)}:${place[3]}: `;
}

function checkedPlace(): RegExpExecArray | null {
  const file = lastLoaded();
  if (file === undefined) return null;
  try {
    execFileSync(process.execPath, ['--check', file], { stdio: 'pipe', timeout: 10_000 });
    return null;
  } catch (error) {
    const [first = ''] = String((error as { stderr?: Buffer }).stderr).split('\n');
    return /^(file:\/\/)?(\S*[/\\].*):(\d+)$/.exec(first);
  }
}
