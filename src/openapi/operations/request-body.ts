import type { PlannedField } from '../../declare/plan/plan.ts';
import type { DocumentedBody, DocumentedContent } from '../../declare/route/documented.ts';
import type { Route } from '../../declare/route/route.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import { fileTypesOf, hasFiles, type JsonSchema, propertiesOf, shapeOf } from '../../schema/json/json-schema.ts';
import type { Direction } from '../../schema/library/library-options.ts';
import type { Components } from '../schemas/components.ts';
import { anyBody } from '../schemas/media-content.ts';
import { examplesOf, exampleValues } from './examples.ts';

/** The body of a route: what its parameters read of it, and what it says of one that it reads itself. */
export function requestBodyOf(route: Route, operationId: string, components: Components): object | undefined {
  const read = bodyOfParams(route, operationId, components);
  const said = route.definition.settings.requestBody;
  if (said === undefined) return read;
  const { description = read?.description, required = read?.required ?? true } = said;
  const content = contentOf(`${route.name}: requestBody`, said.content, 'input', components);
  return { ...(description !== undefined && { description }), required, content: { ...read?.content, ...content } };
}

/** Bodies by media type, as they were declared. */
export function contentOf(
  owner: string,
  content: DocumentedBody['content'],
  direction: Direction,
  components: Components,
): Readonly<Record<string, object>> {
  const entries = Object.entries(content).map(([mediaType, { schema, examples }]: [string, DocumentedContent]) => {
    const json = schema && components.place(describeSchema(schema, direction, `${owner} ${mediaType}`), direction);
    return [
      mediaType,
      { schema: json ?? anyBody(mediaType), ...(examples !== undefined && { examples: examplesOf(examples) }) },
    ] as const;
  });
  return Object.fromEntries(entries);
}

interface RequestBody {
  readonly description?: string;
  readonly required: boolean;
  readonly content: Readonly<Record<string, object>>;
}

function bodyOfParams(route: Route, operationId: string, components: Components): RequestBody | undefined {
  const bodies = route.plan.fields.filter(
    ({ source, docs }) => (source === 'body' || source === 'form' || source === 'file') && docs.documented !== false,
  );
  if (bodies.length === 0) return undefined;
  const whole = bodies[0]!.whole ? bodies[0] : undefined;
  const { description, deprecated, examples }: PlannedField['docs'] = whole?.docs ?? {};
  const schema = whole
    ? { ...components.place(whole.field.json, 'input'), ...(deprecated === true && { deprecated }) }
    : membersSchema(operationId, bodies, components);
  const shown = examples === undefined ? {} : { examples: examplesOf(examples) };
  const mediaType = mediaTypeOf(bodies);
  return {
    ...(description !== undefined && { description }),
    required: bodies.some(({ field }) => field.required),
    content: { [mediaType]: { schema, ...encodingOf(bodies, mediaType), ...shown } },
  };
}

// What a schema cannot say (OpenAPI's Encoding Object): the types that a file may have, and that a list is sent as one field for each item.
function encodingOf(bodies: readonly PlannedField[], mediaType: string): object {
  const fields = bodies.flatMap(({ key, whole, field: { json } }): [string, JsonSchema, JsonSchema][] =>
    whole ? [...propertiesOf(json)].map(([name, { schema }]) => [name, schema, json]) : [[key, json, json]],
  );
  const encoding = fields.flatMap(([name, json, root]): [string, object][] => {
    const types = fileTypesOf(json);
    if (mediaType === multipart) return types.length > 0 ? [[name, { contentType: types.join(', ') }]] : [];
    return mediaType === urlEncoded && shapeOf(json, root) === 'array'
      ? [[name, { style: 'form', explode: true }]]
      : [];
  });
  return encoding.length === 0 ? {} : { encoding: Object.fromEntries(encoding) };
}

const multipart = 'multipart/form-data';
const urlEncoded = 'application/x-www-form-urlencoded';

function mediaTypeOf(bodies: readonly PlannedField[]): string {
  if (bodies.some(({ source, field }) => source === 'file' || (source === 'form' && hasFiles(field.json))))
    return multipart;
  return bodies[0]!.source === 'form' ? urlEncoded : 'application/json';
}

// As FastAPI: a body of several values is a schema with a name of its own.
function membersSchema(operationId: string, bodies: readonly PlannedField[], components: Components): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const { key, field, docs } of bodies) {
    const { description, deprecated, examples } = docs;
    properties[key] = {
      ...components.place(field.json, 'input'),
      ...(description !== undefined && { description }),
      ...(deprecated === true && { deprecated }),
      ...(examples !== undefined && { examples: exampleValues(examples) }),
    };
  }
  const required = bodies.filter(({ field }) => field.required).map(({ key }) => key);
  return components.add(`Body_${operationId}`, {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
  });
}
