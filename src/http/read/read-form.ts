import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import type { PlannedField } from '../../declare/plan/plan.ts';
import type { Field } from '../../schema/field.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { HttpError } from '../request/http-error.ts';
import { decodeFormText } from './parse-query.ts';
import { payloadOf } from './payload-of.ts';
import { oneOrAll } from './raw-value.ts';
import { bytesOf } from './read-bytes.ts';

export type FormValues = Map<string, FormValue[]>;

type FormValue = string | File;

// FastAPI's (Starlette's) own limits.
const maxFields = 1000;

export async function parseForm(request: FastifyRequest, limit: number): Promise<FormValues> {
  const type = request.headers['content-type'] ?? '';
  const payload = payloadOf(request);
  if (payload === undefined) return new Map();
  const bytes = await bytesOf(payload, request.raw, limit);
  if (/^multipart\/form-data/i.test(type)) return parseMultipart(bytes, request);
  return /^application\/x-www-form-urlencoded/i.test(type) ? parseUrlencoded(bytes) : new Map();
}

/** Validates the fields of a form into their slots; resolves to the text fields. */
export async function takeForm(
  form: FormValues,
  fields: readonly PlannedField[],
  values: unknown[],
  issues: Issue[],
): Promise<unknown> {
  for (const planned of fields) {
    const input = planned.whole ? wholeForm(form, planned) : fieldValue(form, planned.key, planned.field);
    values[planned.slot] = await planned.field.check(input, planned.loc, issues);
  }
  return Object.fromEntries([...form].filter(([, all]) => typeof all[0] === 'string'));
}

function parseUrlencoded(bytes: Buffer): FormValues {
  const text = bytes.toString('utf8');
  let count = 0;
  for (let at = 0; at >= 0; at = text.indexOf('&', at + 1)) if (++count > maxFields) throw tooMany('fields');
  const form: FormValues = new Map();
  // Node's `URLSearchParams` looks for the "=" of each field through all of the text.
  for (const field of text.split('&')) {
    if (field === '') continue;
    const [name] = field.split('=', 1) as [string];
    add(form, decodeFormText(name), decodeFormText(field.slice(name.length + 1)));
  }
  return form;
}

function parseMultipart(bytes: Buffer, request: FastifyRequest): Promise<FormValues> {
  const form: FormValues = new Map();
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new HttpError(400, 'There was an error parsing the body'));
    try {
      const parser = new Busboy({
        headers: request.headers as BusboyHeaders,
        limits: { fields: maxFields, files: maxFields, parts: 2 * maxFields, fieldSize: bytes.length },
        // Browsers send one for a file, and clients may say of a text that it is bytes.
        isPartAFile: (_name, _type, filename) => filename !== undefined,
      });
      parser.on('field', (name, value) => add(form, name, value));
      parser.on('file', (name, stream, filename, _encoding, mimetype) => {
        const chunks: Buffer[] = [];
        // A part that breaks off is told of here alone.
        stream.on('error', fail);
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => add(form, name, new File([Buffer.concat(chunks)], filename ?? '', { type: mimetype })));
      });
      parser.on('fieldsLimit', () => reject(tooMany('fields')));
      // Those without a content-disposition are neither fields nor files.
      parser.on('partsLimit', () => reject(tooMany('parts', 2 * maxFields)));
      parser.on('filesLimit', () => reject(tooMany('files')));
      parser.on('error', fail);
      parser.on('finish', () => resolve(form));
      parser.end(bytes);
    } catch {
      fail();
    }
  });
}

function tooMany(what: string, most = maxFields): HttpError {
  return new HttpError(400, `Too many ${what}. Maximum number of ${what} is ${most}.`);
}

function add(form: FormValues, name: string, value: string | File): void {
  const all = form.get(name);
  if (all === undefined) form.set(name, [value]);
  else all.push(value);
}

// As in FastAPI, an empty form field counts as one that was not filled in; in a model it is an empty text.
function fieldValue(form: FormValues, key: string, field: Pick<Field, 'shape' | 'isPrepared'>): unknown {
  const value = valueFor(form.get(key), field);
  return value === '' ? undefined : value;
}

function valueFor(all: FormValue[] | undefined, { shape, isPrepared }: Pick<Field, 'shape' | 'isPrepared'>): unknown {
  if (isPrepared) return oneOrAll(all);
  return shape === 'array' ? all : all?.at(-1);
}

function wholeForm(form: FormValues, { field }: PlannedField): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, all] of form) {
    const value = valueFor(all, field.properties.get(key) ?? unknownField);
    Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return values;
}

const unknownField = { shape: 'scalar', isPrepared: false } as const;
