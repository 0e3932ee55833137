import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Plan, PlannedField } from '../../declare/plan.ts';
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
  return async (request, values, issues) => {
    const body = await readJson(request, limit, issues);
    if (issues.some(({ type }) => type === 'json_invalid')) return body;
    for (const planned of fields) {
      values[planned.slot] = await planned.field.check(
        planned.whole ? body : memberOf(body, planned),
        planned.loc,
        issues,
      );
    }
    return body;
  };
}

// FastAPI takes a body of another media type as text, which then fits no model; JSON is only read where it says that it is JSON.
async function readJson(request: FastifyRequest, limit: number, issues: Issue[]): Promise<unknown> {
  if (request.body === undefined || request.body === null) return undefined;
  const bytes = await readBytes(request.body as Readable, request.headers['content-length'], limit);
  if (bytes.length === 0) return undefined;
  if (!isJson(request.headers['content-type'])) return bytes.toString('utf8');
  const parsed = parseJson(bytes);
  if ('value' in parsed) return parsed.value ?? undefined;
  // FastAPI reports a body that is not JSON alone, whatever else is wrong.
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
