import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CortadoError } from '../../base/error.ts';
import { isOwnLine } from '../../base/process/own-files.ts';
import { notAnError } from '../../base/show/not-an-error.ts';
import { shortPath } from '../../base/show/short-path.ts';
import { allLoaded, lastLoaded } from '../process/imports.ts';
import { bounded, messageLines, thrownIssues } from './error-lines.ts';
import { hideSecrets } from './hide-secrets.ts';
import { listenElsewhere } from './listen-failure.ts';
import { missingExportAdvice } from './missing-export.ts';

/**
 * An error in lines: what happened and where; what did not fit, where a schema refused a value; the frames of the reader's own code; then
 * its causes. Bounded, and without what the environment holds.
 */
export function describeFailure(error: unknown): string[] {
  const [first = '', ...rest] = failureLines(error, new Set());
  const lines = [`cortado: ${first}`, ...rest].flatMap((line) => line.split('\n'));
  return lines.length > mostLines ? [...lines.slice(0, mostLines), '…'] : lines;
}

const mostLines = 80;
const mostErrors = 12;

function failureLines(error: unknown, seen: Set<unknown>): string[] {
  if (!(error instanceof Error)) return thrownLines(error);
  seen.add(error);
  // By code and not by class: the reader's file may have loaded another copy of Cortado.
  const { code } = error as { code?: unknown };
  if (error instanceof CortadoError && code === 'CORTADO_CLI') return [error.message];
  const frames = ownFrames(error);
  // What code parses at run time is no fault of a file's syntax.
  if (error instanceof SyntaxError && frames.length === 0) return [describeSyntax(error)];
  if (code === 'EADDRINUSE' && (error as { syscall?: unknown }).syscall === 'listen')
    return [`${messageLines(error)[0]}. ${listenElsewhere}`, ...frames];
  const missing = missingPackage(error) ?? missingFile(error);
  if (missing !== undefined) return [missing];
  const place = frames[0] === undefined ? '' : `${/\(?([^( ]+:\d+):\d+\)?$/.exec(frames[0])?.[1] ?? ''}: `;
  const [first = '', ...more] = messageLines(error).map(shorten);
  if (typeof code === 'string' && /^(CORTADO_|ERR_MODULE_NOT_FOUND|ERR_UNKNOWN_FILE)/.test(code))
    return [`${place}${first}`, ...more, ...causeLines(error, seen)];
  const what = first === '' && typeof code === 'string' ? `${error.name} (${code})` : error.name;
  return [`${place}${what}${first === '' ? '' : `: ${first}`}`, ...more, ...frames, ...causeLines(error, seen)];
}

function thrownLines(error: unknown): string[] {
  const issues = typeof error === 'object' && error !== null ? thrownIssues(error) : undefined;
  if (issues !== undefined) return ['not an Error was thrown, but what does not fit:', ...issues];
  return bounded(hideSecrets(notAnError(error)), 20);
}

// Its cause, the members of an AggregateError, and what a SuppressedError holds; those that the message repeats left out.
function causeLines(error: Error, seen: Set<unknown>): string[] {
  if (seen.size >= mostErrors) return [];
  const { cause, errors, error: thrown, suppressed } = error as Partial<AggregateError & SuppressedError>;
  const found: [how: string, other: unknown][] = [];
  if (Array.isArray(errors) && errors.every((member) => member instanceof Error))
    for (const [at, member] of errors.slice(0, mostMembers).entries())
      found.push([`${at + 1} of ${errors.length}`, member]);
  if (error.name === 'SuppressedError') found.push(['thrown at its end', thrown], ['after', suppressed]);
  found.push(['caused by', cause]);
  return found
    .filter(([, other]) => other !== undefined && other !== null && !seen.has(other))
    .filter(([, other]) => !isSaid(error.message, other))
    .flatMap(([how, other]) => {
      const [first = '', ...rest] = failureLines(other, seen);
      return [`  ${how}: ${first}`, ...rest.map((line) => `  ${line}`)];
    });
}

const mostMembers = 10;

function isSaid(message: string, other: unknown): boolean {
  if (!(other instanceof Error) || other.message === '') return false;
  const [, missing] = /^Cannot find package '([^']+)'/.exec(other.message) ?? [];
  return message.includes(missing ?? other.message);
}

// A package that only one part of Cortado needs, and that the reader has not installed.
function missingPackage({ message }: Error): string | undefined {
  const [, name, importer = ''] = /^Cannot find package '([^']+)' imported from (\S.*)$/.exec(message) ?? [];
  if (name === undefined || !isOwnLine(importer)) return undefined;
  return `${neededBy[name] ?? 'cortado'} needs ${name}: npm install ${name}`;
}

// Of the peers those that are imported, and not asked for where they are used. Bundled, no file tells what part of Cortado it is of.
const neededBy: Readonly<Record<string, string>> = { kysely: 'cortado/db', zod: 'cortado/db' };

// Node names the whole path, and a short one would read like a package.
function missingFile({ message }: Error): string | undefined {
  const missing = /^(?:Cannot find module|Directory import) '([^']+)' .*imported from (.+)$/.exec(message);
  if (missing === null || !isAbsolute(missing[1]!)) return undefined;
  const [, path, importer] = missing as unknown as [string, string, string];
  const asWritten = (target: string): string => {
    const short = relative(dirname(importer), target).replaceAll('\\', '/');
    return short.startsWith('.') ? short : `./${short}`;
  };
  const meant = [
    ...['.ts', '.js', '.mts', '.mjs', '/index.ts', '/index.js'].map((end) => path + end),
    path.replace(/\.([cm]?)js$/, '.$1ts'),
  ].find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  const advice = meant === undefined ? '' : `: write '${asWritten(meant)}'`;
  return `Cannot find '${asWritten(path)}' imported from ${shortPath(importer)}${advice}`;
}

// Frames of Node, of libraries and of Cortado say nothing to somebody who looks for the fault in their own file.
function ownFrames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && /(file:\/\/|[( ]\/|[( ][A-Za-z]:\\)/.test(line))
    .filter((line) => !line.includes(`${sep}node_modules${sep}`) && !line.includes('/node_modules/'))
    .filter((line) => !isOwnLine(line))
    .map(shorten);
}

function shorten(text: string): string {
  return text.replace(/file:\/\/[^\s):]+/g, (url) => fileURLToPath(url)).replaceAll(`${process.cwd()}${sep}`, '');
}

// What `npm init` writes into package.json makes every file CommonJS.
function wayOutOf(message: string): string {
  if (!/^(Cannot use import statement outside a module|Unexpected token 'export')/.test(message)) return '';
  return '. package.json must say "type": "module": npm pkg set type=module';
}

// Node puts the place on the first line of the stack, but for what `import()` could not parse: there only a process that ends says it.
function describeSyntax(error: SyntaxError): string {
  const [first = ''] = (error.stack ?? '').split('\n');
  const place = placeIn(first) ?? parsedPlace(error) ?? checkedPlace();
  const file = place === null ? undefined : place[1] ? fileURLToPath(`file://${place[2]}`) : place[2]!;
  const where = file === undefined ? '' : `${shortPath(file)}:${place![3]}: `;
  const advice = missingExportAdvice(error.message, file);
  // After its first line Node tells of CommonJS what is of no use for a type.
  const said = advice === '' ? messageLines(error).join('\n') : error.message.split('\n', 1)[0]!.replace(/\.$/, '');
  return `${where}SyntaxError: ${said}${advice || wayOutOf(error.message)}`;
}

function placeIn(line: string): RegExpExecArray | null {
  return /^(file:\/\/)?(\S*[/\\].*):(\d+)$/.exec(line);
}

// All that was loaded, as modules load side by side. Parsed, and not run.
function parsedPlace({ message }: SyntaxError): RegExpExecArray | null {
  const options = ['--experimental-vm-modules', '--no-warnings', '--input-type=module', '-e', parser];
  const said = endOf([...options, ...allLoaded()]);
  return said.includes(`SyntaxError: ${message.split('\n', 1)[0]}`) ? placeIn(said.split('\n', 1)[0]!) : null;
}

const parser = `import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { SourceTextModule } from 'node:vm';
for (const identifier of process.argv.slice(1)) {
  const text = readFileSync(identifier, 'utf8');
  if (/\\.m?ts$/.test(identifier)) new SourceTextModule(stripTypeScriptTypes(text), { identifier });
  else if (/\\.m?js$/.test(identifier)) new SourceTextModule(text, { identifier });
}`;

function checkedPlace(): RegExpExecArray | null {
  const file = lastLoaded();
  // `--check` reads TypeScript as if it were JavaScript.
  return file === undefined || /\.[cm]?ts$/.test(file) ? null : placeIn(endOf(['--check', file]).split('\n', 1)[0]!);
}

// What a process of Node says before it ends with an error.
function endOf(args: string[]): string {
  try {
    execFileSync(process.execPath, args, { stdio: 'pipe', timeout: 10_000 });
    return '';
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? '');
  }
}
