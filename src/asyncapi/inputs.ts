import type { PlannedField } from '../declare/plan/plan.ts';
import type { Route } from '../declare/route/route.ts';
import { exampleValues } from '../openapi/operations/examples.ts';
import { type Parameter, parametersOf } from '../openapi/operations/parameters.ts';
import type { Components } from '../openapi/schemas/components.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import { type Member, present } from './document-parts.ts';
import { draftSeven } from './draft-seven.ts';

/** What a route reads before it answers: the parameters of its address, and objects of its query and its headers. */
export interface DescribedInputs {
  readonly parameters: Readonly<Record<string, Member>> | undefined;
  readonly query: Member | undefined;
  readonly headers: Member | undefined;
}

/** @param more Headers that its protocol reads, beside those that it declares. */
export function inputsOf(
  route: Route,
  components: Components,
  more: Readonly<Record<string, JsonSchema>> = {},
): DescribedInputs {
  const from = Map.groupBy(parametersOf(route, components), (parameter) => parameter.in);
  const fields = route.plan.fields.filter(({ source }) => source === 'path');
  const path = (from.get('path') ?? []).map((parameter): [string, Member] => [
    parameter.name,
    inAddress(
      parameter,
      fields.find(({ key }) => key === parameter.name),
    ),
  ]);
  const cookies = from.get('cookie') ?? [];
  const cookie = cookies.length === 0 ? {} : { cookie: { type: 'string', description: cookiesInWords(cookies) } };
  return {
    parameters: path.length === 0 ? undefined : Object.fromEntries(path),
    query: objectOf(from.get('query') ?? []),
    headers: objectOf(from.get('header') ?? [], { ...cookie, ...more }),
  };
}

// It is a text to AsyncAPI, which has no word for its schema.
function inAddress({ description, schema }: Parameter, field: PlannedField | undefined): Member {
  const { enum: values, default: fallback } = field?.field.json ?? {};
  const examples = field?.docs.examples === undefined ? [] : exampleValues(field.docs.examples).map(String);
  const { description: _, ...form } = schema as JsonSchema;
  const isPlain = JSON.stringify(form) === '{"type":"string"}';
  return present({
    description,
    enum: values?.every((value) => typeof value === 'string') ? values : undefined,
    default: typeof fallback === 'string' ? fallback : undefined,
    examples: examples.length === 0 ? undefined : examples,
    'x-schema': isPlain ? undefined : draftSeven(schema as JsonSchema),
  });
}

function objectOf(
  parameters: readonly Parameter[],
  more: Readonly<Record<string, JsonSchema>> = {},
): Member | undefined {
  const own = parameters.map(({ name, description, deprecated, schema }): [string, JsonSchema] => {
    const said = present({ description, deprecated });
    const json = draftSeven(schema as JsonSchema);
    return [name, Object.keys(said).length === 0 ? json : draftSeven({ ...json, ...said })];
  });
  const properties = { ...Object.fromEntries(own), ...more };
  if (Object.keys(properties).length === 0) return undefined;
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name);
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function cookiesInWords(cookies: readonly Parameter[]): string {
  const names = cookies.map(({ name, required }) => `\`${name}\`${required ? '' : ' (may be absent)'}`);
  return `Cookies: ${names.join(', ')}.`;
}
