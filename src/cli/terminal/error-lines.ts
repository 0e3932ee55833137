import { stripVTControlCharacters } from 'node:util';
import { hideInput, hideSecrets } from './hide-secrets.ts';

// An error may carry a document; what it says first is what counts.
const mostLines = 20;
const mostIssues = 20;
const longestLine = 400;

/** What an error says, in lines: its message whole, or what did not fit, one line each, where a schema has refused a value. */
export function messageLines(error: Error): string[] {
  const issues = issuesOf(error);
  const message = error.message.trim();
  if (issues === undefined) return bounded(hideSecrets(message), mostLines);
  const lines = issues.slice(0, mostIssues).map((issue) => `    ${issueLine(issue)}`);
  if (issues.length > mostIssues) lines.push(`    … and ${issues.length - mostIssues} more`);
  const count = issues.length === 1 ? 'a value does not fit:' : `${issues.length} values do not fit:`;
  // Libraries repeat their issues in the message, as JSON or in lines.
  const repeats =
    message === '' ||
    issues.some((issue) => message.includes(textOf(issue)) || message.includes(inJson(textOf(issue))));
  return [...(repeats ? [count] : bounded(hideSecrets(message), mostLines)), ...lines];
}

/** Issues of a value that is thrown by itself, a failed result of a Standard Schema for example. */
export function thrownIssues(value: object): string[] | undefined {
  const issues = issuesOf(value);
  return issues?.slice(0, mostIssues).map((issue) => `    ${issueLine(issue)}`);
}

/** Lines of a text, as many and as long as one may want to read. */
export function bounded(text: string, most: number): string[] {
  const lines = stripVTControlCharacters(text).split('\n');
  const shown = lines
    .slice(0, most)
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  return lines.length > most ? [...shown, `… and ${lines.length - most} more lines`] : shown;
}

/** An issue of any Standard Schema, or of a 422 (`loc`, `msg`). */
type Issue = Readonly<Partial<Record<'message' | 'msg' | 'path' | 'loc' | 'errors' | 'input' | 'data', unknown>>>;

// Zod, Valibot and results have `issues`, ArkType `arkErrors`, Joi `details`, Yup `inner`.
function issuesOf(error: object): readonly Issue[] | undefined {
  const { issues, arkErrors, details, inner } = error as Readonly<Record<string, unknown>>;
  for (const list of [issues, arkErrors, details, inner])
    if (Array.isArray(list) && list.length > 0 && list.every((issue) => isIssue(issue))) return [...(list as Issue[])];
  return undefined;
}

function isIssue(value: unknown): value is Issue {
  if (typeof value !== 'object' || value === null) return false;
  const { message, msg } = value as Issue;
  return typeof (message ?? msg) === 'string';
}

const textOf = ({ message, msg }: Issue): string => String(message ?? msg);
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

function issueLine(issue: Issue): string {
  const path = pathOf(issue);
  const place = path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('');
  const [name = ''] = path;
  const text = hideInput(textOf(issue), String(name), [issue.input, issue.data]).replaceAll(/\s+/g, ' ');
  const said = `${text}${formsOf(issue)}`;
  // ArkType's and Yup's messages begin with the place.
  const line = place === '' || said.startsWith(`${place} `) ? said : `${place}: ${said}`;
  return bounded(line, 1)[0]!;
}

function pathOf({ path, loc }: Issue): readonly (string | number | symbol)[] {
  const steps: unknown = path ?? loc;
  if (typeof steps === 'string') return [steps];
  if (typeof steps !== 'object' || steps === null || !(Symbol.iterator in steps)) return [];
  return [...(steps as Iterable<unknown>)].map((step) =>
    typeof step === 'object' && step !== null && 'key' in step ? (step.key as string) : (step as string),
  );
}

// Why none of a union's members fits.
function formsOf({ errors }: Issue): string {
  if (!Array.isArray(errors) || !errors.every((form) => Array.isArray(form) && form.every(isIssue))) return '';
  const forms = (errors as Issue[][]).map((form) => form.map(issueLine).join(', '));
  return forms.length === 0 ? '' : ` (${forms.join('; or ')})`;
}
