import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Plan, PlannedField } from '../../declare/plan.ts';
import { beginSegment, endSegment } from '../../loop/segment.ts';
import type { Issue } from '../../schema/issue.ts';
import { parseJson } from './parse-json.ts';
import { readBytes } from './read-bytes.ts';
import { readForm } from './read-form.ts';

/** Reads the body of a request and validates its fields into their slots; resolves to the parsed body. */
export type BodyReader = (request: FastifyRequest, values: unknown[], issues: Issue[]) => Promise<unknown>;

/** Compiles the reader of a plan's body or form fields; `undefined` when the plan has none, so that the body stays unread. */
export function bodyReader(plan: Plan, limit: number): BodyReader | undefined {
  const forms = plan.fields.filter(({ source }) => source === 'form' || source === 'file');
  if (forms.length > 0) return (request, values, issues) => readForm(request, forms, limit, values, issues);
  const fields = plan.fields.filter(({ source }) => source === 'body');
  if (fields.length === 0) return undefined;
  const check = bodyCheck(fields);
  return (request, values, issues) => {
    const payload = request.body as Readable | null | undefined;
    if (payload === undefined || payload === null) return settled(undefined, check(undefined, values, issues));
    const { 'content-type': type, 'content-length': length } = request.headers;
    return readBytes(payload, length, limit).then((bytes) => {
      const began = beginSegment();
      const body = parseBody(bytes, type, issues);
      // FastAPI reports a body that is not JSON alone, whatever else is wrong.
      if (issues.at(-1)?.type === 'json_invalid') return body;
      const pending = check(body, values, issues);
      endSegment(began, 'input');
      return pending === undefined ? body : settled(body, pending);
    });
  };
}

type BodyCheck = (body: unknown, values: unknown[], issues: Issue[]) => Promise<void> | undefined;

/** Validates the body's fields into their slots, one after the other; a promise only where a schema validates asynchronously. */
function bodyCheck(fields: readonly PlannedField[]): BodyCheck {
  const checkFrom = (first: number, body: unknown, values: unknown[], issues: Issue[]): Promise<void> | undefined => {
    for (let at = first; at < fields.length; at++) {
      const planned = fields[at]!;
      const value = planned.field.check(planned.whole ? body : memberOf(body, planned), planned.loc, issues);
      if (value instanceof Promise)
        return value.then((late) => {
          values[planned.slot] = late;
          return checkFrom(at + 1, body, values, issues);
        });
      values[planned.slot] = value;
    }
    return undefined;
  };
  return (body, values, issues) => checkFrom(0, body, values, issues);
}

async function settled(body: unknown, pending: Promise<void> | undefined): Promise<unknown> {
  await pending;
  return body;
}

// FastAPI takes a body of another media type as text, which then fits no model; JSON is only read where it says that it is JSON.
function parseBody(bytes: Buffer, contentType: string | undefined, issues: Issue[]): unknown {
  if (bytes.length === 0) return undefined;
  if (!isJson(contentType)) return bytes.toString('utf8');
  const parsed = parseJson(bytes);
  if ('value' in parsed) return parsed.value ?? undefined;
  issues.splice(0, issues.length, parsed.issue);
  return undefined;
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType !== undefined && /^application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i.test(contentType);
}

function memberOf(body: unknown, { key }: PlannedField): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  return Object.hasOwn(body, key) ? ((body as Record<string, unknown>)[key] ?? undefined) : undefined;
}
