import type { OutgoingHttpHeaders } from 'node:http';
import { parseSetCookie } from 'cookie';
import { CortadoError } from '../../base/error.ts';
import type { Route } from '../../declare/route/route.ts';
import { compileField, type Field } from '../../schema/field.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import type { Answer } from './answer.ts';

interface DeclaredHead {
  /** `header` or `cookie`, for messages. */
  readonly place: 'header' | 'cookie';
  readonly name: string;
  readonly field: Field;
}

/** Checks that an answer has the headers and cookies which its route declares; a promise only where a schema validates asynchronously. */
export type HeadCheck = (answer: Answer, set: OutgoingHttpHeaders) => Promise<void> | undefined;

/** Compiles the check of a route's declared headers and cookies; `undefined` where it declares none. */
export function headCheck({ name: route, definition }: Route): HeadCheck | undefined {
  const { responseHeaders = {}, responseCookies = {} } = definition.settings;
  const of = (place: DeclaredHead['place'], schemas: typeof responseHeaders): DeclaredHead[] =>
    Object.entries(schemas).map(([name, schema]) => ({
      place,
      name,
      field: compileField(schema, 'text', `${route}: the ${place} "${name}" of the answer`),
    }));
  const declared = [...of('header', responseHeaders), ...of('cookie', responseCookies)];
  if (declared.length === 0) return undefined;
  return (answer, set) => {
    const issues: Issue[] = [];
    const said = (name: string): unknown => answer.headers[name] ?? set[name];
    const cookies = cookiesOf(said('set-cookie'));
    const checks = declared.map(({ place, name, field }) => {
      const value = place === 'cookie' ? cookies.get(name) : asText(said(name.toLowerCase()));
      return field.check(value, [place, name], issues);
    });
    const waiting = checks.filter((check) => check instanceof Promise);
    if (waiting.length === 0) return refuse(route, issues);
    return Promise.all(waiting).then(() => refuse(route, issues));
  };
}

function refuse(route: string, issues: readonly Issue[]): undefined {
  if (issues.length === 0) return undefined;
  const reasons = issues.map(({ loc, msg }) => `${loc.join(' ')}: ${msg}`).join('; ');
  throw new CortadoError('CORTADO_RESPONSE_INVALID', `${route}: the answer is not what was declared. ${reasons}`);
}

function asText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

function cookiesOf(header: unknown): ReadonlyMap<string, string> {
  const lines = header === undefined ? [] : [header].flat();
  return new Map(lines.map((line) => parseSetCookie(String(line))).map(({ name, value = '' }) => [name, value]));
}
