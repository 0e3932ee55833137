import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { App, body, file, type Schema } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';

/** The schemas of examples/from-fastapi/types.ts as they are written there, by the type in Python. */
export function sources(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL('../../examples/from-fastapi/types.ts', import.meta.url), 'utf8');
  const rows = text.slice(text.indexOf('export const types = {'));
  return new Map(
    [...rows.matchAll(/^ {2}(?:'(.+?)'|"(.+?)"|(\w+)): (.+),$/gm)].map(
      ([, single, double, bare, source]) => [single ?? double ?? bare!, source!] as const,
    ),
  );
}

// Zod's as a member of a model, where `null` is a value: a body that is `null` counts as missing, as in FastAPI.
function appOf(schema: Schema): App {
  const app = new App({ logger: false });
  if (schema instanceof z.ZodFile)
    app.post('/', { params: { value: file(schema) } }, ({ value }) => (value instanceof File ? 'File' : undefined));
  else if (schema instanceof z.ZodType)
    app.post('/', { params: { whole: z.object({ value: schema }) } }, ({ whole: { value } }) => shown(value));
  else app.post('/', { params: { value: body(schema) } }, ({ value }) => shown(value));
  return app;
}

function shown(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

/** What a route whose value has the schema answers: the value, or the types of what is wrong. */
export async function take(schema: Schema, sent: unknown): Promise<{ status: number; answer: unknown }> {
  await using client = await testClient(appOf(schema));
  const form = new FormData();
  form.append('value', sent === 'File' ? new File(['a'], 'a.txt') : String(sent));
  const json = schema instanceof z.ZodType ? { value: sent } : sent;
  const response = await client.post('/', schema instanceof z.ZodFile ? { form } : { json });
  const answer = await response.json<unknown>();
  if (response.status !== 422) return { status: response.status, answer };
  const { detail } = answer as { readonly detail: readonly { readonly type: string }[] };
  return { status: 422, answer: detail.map(({ type }) => type).join(', ') };
}

/** What the document says of the schema, without its patterns; of a model with a name what that says. */
export function brief(schema: Schema): string {
  const { paths, components } = appOf(schema).openapi();
  const { content } = (paths['/']!['post'] as { requestBody: { content: Record<string, { schema: Json }> } })
    .requestBody;
  const resolved = ({ $ref, ...beside }: Json): Json =>
    typeof $ref === 'string' ? { ...beside, ...(components!.schemas![$ref.split('/').at(-1)!] as Json) } : beside;
  const whole = resolved(Object.values(content)[0]!.schema);
  const isMember = schema instanceof z.ZodType;
  const one = isMember ? resolved((whole['properties'] as Readonly<Record<string, Json>>)['value']!) : whole;
  return JSON.stringify(one, (key, member: unknown) => {
    if (key === 'pattern' || key === 'propertyNames') return undefined;
    return typeof member === 'string' ? member.replace('#/components/schemas/', '') : member;
  });
}

type Json = Readonly<Record<string, unknown>>;

/** A row of the page's table. */
export interface TypeRow {
  readonly python: string;
  readonly source: string;
  readonly sent: unknown;
  readonly answer: unknown;
  readonly wrong: unknown;
  /** Types of its mistakes; `undefined` where nothing is refused. */
  readonly mistakes: string | undefined;
  readonly document: string;
}

const cell = /`([^`]*)`/g;

/** The table of types of docs/from-fastapi.md. */
export function typeRows(): TypeRow[] {
  const page = readFileSync(new URL('../../docs/from-fastapi.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('| in Python | here |')).split('\n\n')[0]!;
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => {
      const [, python, source, takes, refuses, document] = line.split(/(?<!\\)\|/).map(unescaped);
      const [sent, answer = sent] = [...takes!.matchAll(cell)].map(([, code]) => JSON.parse(code!) as unknown);
      const [wrong] = [...refuses!.matchAll(cell)].map(([, code]) => JSON.parse(code!) as unknown);
      const [, mistakes] = refuses!.split('`: ');
      const codes = [python, source, document].map((text) => text!.replaceAll('`', '')) as [string, string, string];
      return { python: codes[0], source: codes[1], sent, answer, wrong, mistakes, document: codes[2] };
    });
}

const unescaped = (text: string): string => text.trim().replaceAll('\\|', '|');
