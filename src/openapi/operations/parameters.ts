import type { PlannedField } from '../../declare/plan/plan.ts';
import { rankOf } from '../../declare/plan/plan-input.ts';
import type { Route } from '../../declare/route/route.ts';
import { type JsonSchema, propertiesOf } from '../../schema/json/json-schema.ts';
import type { Components } from '../schemas/components.ts';
import { examplesOf } from './examples.ts';

/** The parameters of a route, in FastAPI's order: by source, and in each the route's own before those of its dependencies. */
export function parametersOf({ plan }: Route, components: Components): readonly Parameter[] {
  const fields = plan.fields.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || Number(b.own) - Number(a.own) || a.slot - b.slot,
  );
  return withoutTwins(
    fields
      .flatMap((planned) => documentedAs(planned, components))
      .filter(({ name, in: place }) => place !== 'header' || !ignoredHeaders.includes(name.toLowerCase())),
  );
}

// A dependency may read what the route reads as well. As in FastAPI, the one that must be sent stands for both.
function withoutTwins(parameters: readonly Parameter[]): Parameter[] {
  const byName = new Map<string, Parameter>();
  for (const parameter of parameters) {
    const key = `${parameter.in} ${parameter.name}`;
    if (!byName.has(key) || (parameter.required && !byName.get(key)!.required)) byName.set(key, parameter);
  }
  return [...byName.values()];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly [member: string]: unknown;
}

const documentedSources: readonly string[] = ['path', 'query', 'header', 'cookie'];

// OpenAPI ignores header parameters of these names: security schemes and media types say them.
const ignoredHeaders: readonly string[] = ['authorization', 'accept', 'content-type'];

function documentedAs(planned: PlannedField, components: Components): Parameter[] {
  if (!documentedSources.includes(planned.source) || planned.docs.documented === false) return [];
  if (planned.whole) return membersOf(planned, components);
  const { key, source, field } = planned;
  return [parameter(planned, key, field.required || source === 'path', field.json, components)];
}

// A model of the query string, the headers or the cookies is documented as its members.
function membersOf(planned: PlannedField, components: Components): Parameter[] {
  const { json } = planned.field;
  return [...propertiesOf(json)].map(([name, { schema, required }]) => {
    const wire = planned.source === 'header' && planned.convertUnderscores ? name.replaceAll('_', '-') : name;
    const shared = json.$defs === undefined ? schema : { ...schema, $defs: json.$defs };
    return parameter(planned, wire, required, shared, components);
  });
}

function parameter(
  planned: PlannedField,
  name: string,
  required: boolean,
  json: JsonSchema,
  components: Components,
): Parameter {
  const { description = json.description, deprecated = json['deprecated'], examples } = planned.docs;
  return {
    name,
    in: planned.source,
    required,
    ...(description !== undefined && { description }),
    ...(deprecated === true && { deprecated }),
    schema: components.place(json, 'input'),
    ...(examples !== undefined && { examples: examplesOf(examples) }),
  };
}
