import type { FastifyRequest } from 'fastify';
import type { Plan, PlannedField } from '../../declare/plan.ts';
import type { Issue } from '../../schema/issue.ts';
import { HttpError } from '../http-error.ts';
import { parseJson } from './parse-json.ts';
import { payloadOf } from './payload-of.ts';
import { readBytes } from './read-bytes.ts';
import { type FormValues, parseForm, takeForm } from './read-form.ts';

/**
 * How the body of a route comes in, in two steps: it is gathered, which waits for the client and runs no code of the app; then its fields
 * are validated into their slots.
 */
export interface BodyReader<Gathered = unknown> {
  /** Calls back, once. */
  gather(request: FastifyRequest, done: Done<Gathered>): void;
  /** Gives the parsed body; a promise of it only where a schema validates asynchronously. */
  take(gathered: Gathered, request: FastifyRequest, values: unknown[], issues: Issue[]): unknown;
}

/** Takes what was gathered, or why there is nothing. */
export type Done<Gathered> = (error: unknown, gathered: Gathered) => void;

/** Compiles the reader of a plan's body or form fields; `undefined` when the plan has none, so that the body stays unread. */
export function bodyReader(plan: Plan, limit: number): BodyReader | undefined {
  const forms = plan.fields.filter(({ source }) => source === 'form' || source === 'file');
  if (forms.length > 0) return formReader(forms, limit) as BodyReader;
  const fields = plan.fields.filter(({ source }) => source === 'body');
  return fields.length === 0 ? undefined : (jsonReader(bodyCheck(fields), limit) as BodyReader);
}

function formReader(fields: readonly PlannedField[], limit: number): BodyReader<FormValues> {
  return {
    gather: (request, done) => {
      parseForm(request, limit).then(
        (form) => done(undefined, form),
        (error: unknown) => done(error, new Map()),
      );
    },
    take: (form, _request, values, issues) => takeForm(form, fields, values, issues),
  };
}

function jsonReader(check: BodyCheck, limit: number): BodyReader<Buffer> {
  return {
    gather: (request, done) => {
      const payload = payloadOf(request);
      if (payload === undefined) done(undefined, nothing);
      else readBytes(payload, request.raw, limit, done);
    },
    take: (bytes, request, values, issues) => {
      const body = parseBody(bytes, request.headers['content-type'], issues);
      // FastAPI reports a body that is not JSON alone, whatever else is wrong.
      const pending = issues.at(-1)?.type === 'json_invalid' ? undefined : check(body, values, issues);
      return pending === undefined ? body : pending.then(() => body);
    },
  };
}

const nothing = Buffer.alloc(0);

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

// FastAPI takes a body of another media type as text, which then fits no model; JSON is only read where it says that it is JSON.
function parseBody(bytes: Buffer, contentType: string | undefined, issues: Issue[]): unknown {
  if (bytes.length === 0) return undefined;
  if (!isJson(contentType)) {
    // As Fastify refuses it where a plugin's hook or route has it look at bodies.
    if (contentType !== undefined && !mediaType.test(contentType)) throw new HttpError(415);
    return bytes.toString('utf8');
  }
  const parsed = parseJson(bytes);
  if ('value' in parsed) return parsed.value ?? undefined;
  issues.splice(0, issues.length, parsed.issue);
  return undefined;
}

// RFC 9110, 8.3.1.
const mediaType = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType !== undefined && /^application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i.test(contentType);
}

function memberOf(body: unknown, { key }: PlannedField): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  return Object.hasOwn(body, key) ? ((body as Record<string, unknown>)[key] ?? undefined) : undefined;
}
