import type { PlannedField } from '../../declare/plan/plan.ts';
import type { Field } from '../../schema/field.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { type FormValue, type FormValues, type Gathering, parseMultipart, tooMany } from './parse-multipart.ts';
import { decodeFormText } from './parse-query.ts';
import { payloadOf } from './payload-of.ts';
import { addTo, oneOrAll } from './raw-value.ts';
import { bytesOf } from './read-bytes.ts';

export async function parseForm(gathering: Gathering, limit: number, uploads: Uploads): Promise<FormValues> {
  const { request } = gathering;
  const type = request.headers['content-type'] ?? '';
  const payload = payloadOf(request);
  if (payload === undefined) return new Map();
  if (/^multipart\/form-data/i.test(type)) return parseMultipart(gathering, payload, limit, uploads);
  const bytes = await bytesOf(payload, request.raw, limit);
  return /^application\/x-www-form-urlencoded/i.test(type)
    ? parseUrlencoded(bytes, uploads.settings.fields)
    : new Map();
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

function parseUrlencoded(bytes: Buffer, most: number): FormValues {
  const text = bytes.toString('utf8');
  let count = 0;
  for (let at = 0; at >= 0; at = text.indexOf('&', at + 1)) if (++count > most) throw tooMany('fields', most);
  const form: FormValues = new Map();
  // Node's `URLSearchParams` looks for the "=" of each field through all of the text.
  for (const field of text.split('&')) {
    if (field === '') continue;
    const [name] = field.split('=', 1) as [string];
    addTo(form, decodeFormText(name), decodeFormText(field.slice(name.length + 1)));
  }
  return form;
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
