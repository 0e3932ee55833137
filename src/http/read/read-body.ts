import type { FastifyRequest } from 'fastify';
import type { Plan, PlannedField } from '../../declare/plan/plan.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { type ExactJson, exactMember } from '../../schema/json/exact-integers.ts';
import { HttpError } from '../request/http-error.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { type JsonNeeds, parseJson } from './parse-json.ts';
import type { FormValues, Gathering } from './parse-multipart.ts';
import { payloadOf } from './payload-of.ts';
import { readBytes } from './read-bytes.ts';

/**
 * How the body of a route comes in, in two steps: it is gathered, which waits for the client and runs no code of the app; then its fields
 * are validated into their slots.
 */
export interface BodyReader<Gathered = unknown> {
  /** Calls back, once. */
  gather(gathering: Gathering, done: Done<Gathered>): void;
  /** Gives the parsed body; a promise of it only where a schema validates asynchronously. */
  take(gathered: Gathered, request: FastifyRequest, values: unknown[], issues: Issue[]): unknown;
}

/** Takes what was gathered, or why there is nothing. */
export type Done<Gathered> = (error: unknown, gathered: Gathered) => void;

/** Compiles the reader of a plan's body or form fields; `undefined` when the plan has none, so that the body stays unread. */
export function bodyReader(plan: Plan, limit: number, uploads: Uploads, isStrict: boolean): BodyReader | undefined {
  const forms = plan.fields.filter(({ source }) => source === 'form' || source === 'file');
  if (forms.length > 0) return formReader(forms, limit, uploads.use()) as BodyReader;
  const fields = plan.fields.filter(({ source }) => source === 'body');
  return fields.length === 0 ? undefined : (jsonReader(fields, limit, isStrict) as BodyReader);
}

function formReader(fields: readonly PlannedField[], limit: number, uploads: Uploads): BodyReader<FormValues> {
  // With the parser of multipart, and Node's files: apps without forms start sooner.
  let forms: typeof import('./read-form.ts') | undefined;
  const loading = import('./read-form.ts').then((loaded) => (forms = loaded));
  const parse = async (gathering: Gathering): Promise<FormValues> =>
    (forms ?? (await loading)).parseForm(gathering, limit, uploads);
  return {
    gather: (gathering, done) => {
      parse(gathering).then(
        (form) => done(undefined, form),
        (error: unknown) => done(error, new Map()),
      );
    },
    take: (form, _request, values, issues) => forms!.takeForm(form, fields, values, issues),
  };
}

function jsonReader(fields: readonly PlannedField[], limit: number, isStrict: boolean): BodyReader<Buffer> {
  const check = bodyCheck(fields);
  const needs: JsonNeeds = {
    exactly: fields.some(({ field }) => field.hasBigints),
    shallow: fields.some(({ field }) => field.isRecursive),
  };
  // As FastAPI's `strict_content_type=False` has it.
  const unsaid = isStrict ? undefined : 'application/json';
  return {
    gather: ({ request }, done) => {
      const payload = payloadOf(request);
      if (payload === undefined) done(undefined, nothing);
      else readBytes(payload, request.raw, limit, done);
    },
    take: (bytes, request, values, issues) => {
      const body = parseBody(bytes, request.headers['content-type'] ?? unsaid, issues, needs);
      // FastAPI reports a body that is not JSON alone, whatever else is wrong.
      const pending = issues.at(-1)?.type === 'json_invalid' ? undefined : check(body, values, issues);
      return pending === undefined ? body.value : pending.then(() => body.value);
    },
  };
}

const nothing = Buffer.alloc(0);

type BodyCheck = (body: ExactJson, values: unknown[], issues: Issue[]) => Promise<void> | undefined;

/** Validates the body's fields into their slots, one after the other; a promise only where a schema validates asynchronously. */
function bodyCheck(fields: readonly PlannedField[]): BodyCheck {
  const checkFrom = (first: number, body: ExactJson, values: unknown[], issues: Issue[]): Promise<void> | undefined => {
    for (let at = first; at < fields.length; at++) {
      const planned = fields[at]!;
      const input = planned.whole ? body.value : memberOf(body, planned);
      const value = planned.field.check(input, planned.loc, issues, body.exact);
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
function parseBody(bytes: Buffer, contentType: string | undefined, issues: Issue[], needs: JsonNeeds): ExactJson {
  if (bytes.length === 0) return noBody;
  if (!isJson(contentType)) {
    // As Fastify refuses it where a plugin's hook or route has it look at bodies.
    if (contentType !== undefined && !mediaType.test(contentType)) throw new HttpError(415);
    return { value: bytes.toString('utf8'), exact: undefined };
  }
  const parsed = parseJson(bytes, needs);
  if ('value' in parsed) return parsed.value === null ? noBody : parsed;
  issues.splice(0, issues.length, parsed.issue);
  return noBody;
}

const noBody: ExactJson = { value: undefined, exact: undefined };

// RFC 9110, 8.3.1.
const mediaType = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType !== undefined && /^application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i.test(contentType);
}

function memberOf({ value: body, exact }: ExactJson, { key }: PlannedField): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !Object.hasOwn(body, key)) return undefined;
  return exactMember(exact, body, key, (body as Record<string, unknown>)[key]) ?? undefined;
}
