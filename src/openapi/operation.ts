import { nodeHttp } from '../base/node-http.ts';
import type { PlannedField } from '../declare/plan/plan.ts';
import { rankOf } from '../declare/plan/plan-input.ts';
import type { ErrorFormat } from '../declare/route/api-info.ts';
import { jsonLines } from '../declare/route/media.ts';
import type { DocumentedResponse, Route } from '../declare/route/route.ts';
import { describeSchema } from '../schema/describe-schema.ts';
import { fileTypesOf, hasFiles, type JsonSchema, propertiesOf } from '../schema/json/json-schema.ts';
import type { Components } from './components.ts';
import { errorContent, validationErrorContent } from './errors.ts';
import { contentSchema, mediaContent } from './media-content.ts';
import type { SecuritySchemes } from './security-schemes.ts';

export type Operation = Readonly<Record<string, unknown>>;

export function operationOf(
  route: Route,
  operationId: string,
  components: Components,
  schemes: SecuritySchemes,
  format: ErrorFormat,
): Operation {
  const { settings } = route.definition;
  // As FastAPI: by source, and in each the route's own before those of its dependencies.
  const fields = route.plan.fields.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || Number(b.own) - Number(a.own) || a.slot - b.slot,
  );
  const parameters = withoutTwins(
    fields
      .flatMap((planned) => parametersOf(planned, components))
      .filter(({ name, in: place }) => place !== 'header' || !ignoredHeaders.includes(name.toLowerCase())),
  );
  const requestBody = requestBodyOf(route, operationId, components);
  const security = schemes.requirementsOf(route);
  return {
    ...(settings.tags !== undefined && settings.tags.length > 0 && { tags: settings.tags }),
    summary: settings.summary ?? summaryOf(route),
    ...(settings.description !== undefined && { description: settings.description }),
    operationId,
    ...(settings.deprecated === true && { deprecated: true }),
    ...(security && { security }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: responsesOf(route, components, format),
  };
}

function words(text: string): string {
  const spaced = text
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\-/{}:.\s]+/g, ' ')
    .trim();
  return spaced.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase());
}

function summaryOf({ definition, template }: Route): string {
  const { name } = definition.handler;
  if (name !== '') return words(name);
  return words(`${definition.method.toLowerCase()} ${template.source.replace(/\{[^}]*\}/g, ' ')}`) || definition.method;
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

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly [member: string]: unknown;
}

const documentedSources: readonly string[] = ['path', 'query', 'header', 'cookie'];

// OpenAPI ignores header parameters of these names: security schemes and media types say them.
const ignoredHeaders: readonly string[] = ['authorization', 'accept', 'content-type'];

function parametersOf(planned: PlannedField, components: Components): Parameter[] {
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

function examplesOf(examples: readonly unknown[]): object {
  return Object.fromEntries(examples.map((value, index) => [`example${index + 1}`, { value }]));
}

function requestBodyOf(route: Route, operationId: string, components: Components): object | undefined {
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
  return {
    ...(description !== undefined && { description }),
    required: bodies.some(({ field }) => field.required),
    content: { [mediaTypeOf(bodies)]: { schema, ...encodingOf(bodies), ...shown } },
  };
}

// What a schema cannot say: that a file may be of one of several types (OpenAPI 3.1, Encoding Object).
function encodingOf(bodies: readonly PlannedField[]): object {
  const fields = bodies.flatMap(({ key, whole, field }): [string, JsonSchema][] =>
    whole ? [...propertiesOf(field.json)].map(([name, { schema }]) => [name, schema]) : [[key, field.json]],
  );
  const encoding = fields.flatMap(([name, json]): [string, object][] => {
    const types = fileTypesOf(json);
    return types.length > 1 ? [[name, { contentType: types.join(', ') }]] : [];
  });
  return encoding.length === 0 ? {} : { encoding: Object.fromEntries(encoding) };
}

function mediaTypeOf(bodies: readonly PlannedField[]): string {
  if (bodies.some(({ source, field }) => source === 'file' || (source === 'form' && hasFiles(field.json))))
    return 'multipart/form-data';
  return bodies[0]!.source === 'form' ? 'application/x-www-form-urlencoded' : 'application/json';
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
      ...(examples !== undefined && { examples }),
    };
  }
  const required = bodies.filter(({ field }) => field.required).map(({ key }) => key);
  return components.add(`Body_${operationId}`, {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
  });
}

function responsesOf(route: Route, components: Components, format: ErrorFormat): object {
  const { settings } = route.definition;
  const responses: Record<string, object> = { [route.status]: successOf(route, components) };
  if (route.plan.security.length > 0) {
    responses['401'] = refusal('Not authenticated', components, format);
    if (settings.scopes !== undefined) responses['403'] = refusal('Not enough permissions', components, format);
  }
  if (route.plan.fields.some(({ source }) => source !== 'payload')) {
    responses['422'] = {
      description: 'Validation Error',
      content: validationErrorContent(format, components),
    };
  }
  for (const [status, documented] of Object.entries(settings.responses ?? {})) {
    const before = responses[status] as { description?: string; content?: object } | undefined;
    const said = furtherContent(route, status, documented, components);
    // What an HttpError of that status answers, unless it is said to be something else.
    const content = said ?? (Number(status) >= 400 ? (before?.content ?? errorContent(format, components)) : undefined);
    // What succeeds can be one of several; an error is what the route says that it is.
    const isFurther = status === String(route.status) && isDeclared(route);
    responses[status] = {
      ...before,
      description: documented.description ?? before?.description ?? nodeHttp.STATUS_CODES[status] ?? 'Response',
      ...(content && { content: isFurther ? { ...before?.content, ...content } : content }),
    };
  }
  return responses;
}

function furtherContent(
  route: Route,
  status: string,
  { schema, mediaType }: DocumentedResponse,
  components: Components,
): object | undefined {
  if (schema !== undefined) {
    const json = describeSchema(schema, 'output', `${route.name}: responses ${status}`);
    return { [mediaType ?? 'application/json']: { schema: components.place(json, 'output') } };
  }
  if (mediaType === undefined) return undefined;
  return { [mediaType]: { schema: isJson(mediaType) ? {} : contentSchema(mediaType) } };
}

const isJson = (mediaType: string): boolean => /[/+]json\b/i.test(mediaType);

/** Whether a route says what it answers with, by its `response` or by being a generator. */
function isDeclared({ definition, output }: Route): boolean {
  return output !== undefined || definition.media !== undefined || isAsyncGenerator(definition.handler);
}

function refusal(description: string, components: Components, format: ErrorFormat): object {
  const headers = { 'WWW-Authenticate': { description: 'How to authenticate', schema: { type: 'string' } } };
  return { description, headers, content: errorContent(format, components) };
}

function successOf(route: Route, components: Components): object {
  const { definition, status, output } = route;
  const description = definition.settings.responseDescription ?? 'Successful Response';
  if (status === 204 || status === 205 || status === 304) return { description };
  if (definition.media !== undefined)
    return { description, content: mediaContent(route, definition.media, components) };
  if (output === undefined && isAsyncGenerator(definition.handler))
    return { description, content: mediaContent(route, jsonLines(), components) };
  return {
    description,
    content: { 'application/json': { schema: output === undefined ? {} : components.place(output, 'output') } },
  };
}

function isAsyncGenerator(handler: Route['definition']['handler']): boolean {
  return handler.constructor.name === 'AsyncGeneratorFunction';
}
