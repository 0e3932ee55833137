import { invalidOption } from '../../base/error.ts';
import { nodeHttp } from '../../base/node-http.ts';
import type { DocumentedHeader, DocumentedResponse } from '../../declare/route/documented.ts';
import { jsonLines } from '../../declare/route/media.ts';
import type { Route } from '../../declare/route/route.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import { compileField } from '../../schema/field.ts';
import { errorContent, validationErrorContent } from '../schemas/errors.ts';
import { anyBody, mediaContent } from '../schemas/media-content.ts';
import type { DocumentTools } from './document-tools.ts';
import { examplesOf } from './examples.ts';
import { contentOf } from './request-body.ts';

type ByMediaType = Readonly<Record<string, object>>;

interface Answer {
  readonly description: string;
  readonly headers?: object;
  readonly content?: ByMediaType;
}

/** The answers that a route can give, by status. */
export function responsesOf(route: Route, tools: DocumentTools): Readonly<Record<string, object>> {
  const { settings } = route.definition;
  const documented = Object.entries((settings.responses ?? {}) as Readonly<Record<string, DocumentedResponse>>);
  const responses: Record<string, Answer> = { [route.status]: successOf(route, tools), ...refusalsOf(route, tools) };
  for (const [status, response] of documented)
    responses[status] = documentedAnswer(route, status, response, responses[status], tools);
  return responses;
}

// What the road of a request answers by itself.
function refusalsOf({ plan, definition }: Route, { components, errors }: DocumentTools): Record<string, Answer> {
  if (errors === undefined) return {};
  const { scopes, responses = {} } = definition.settings;
  const found: Record<string, Answer> = {};
  const headers = { 'WWW-Authenticate': { description: 'How to authenticate', schema: { type: 'string' } } };
  const content = (): ByMediaType => errorContent(errors, components);
  if (plan.security.length > 0) {
    found['401'] = { description: 'Not authenticated', headers, content: content() };
    if (scopes !== undefined) found['403'] = { description: 'Not enough permissions', headers, content: content() };
  }
  // As in FastAPI, whoever says what all of its kind look like says it of these as well.
  const isSaid = '4XX' in responses || 'default' in responses;
  if (!isSaid && plan.fields.some(({ source }) => source !== 'payload'))
    found['422'] = { description: 'Validation Error', content: validationErrorContent(errors, components) };
  return found;
}

function documentedAnswer(
  route: Route,
  status: string,
  said: DocumentedResponse,
  before: Answer | undefined,
  tools: DocumentTools,
): Answer {
  const { headers, links } = said;
  for (const [name, { operationId }] of Object.entries(links ?? {}))
    if (operationId !== undefined && !tools.ids.has(operationId))
      throw invalidOption(
        `${route.name}: responses ${status}, link ${name}: no operation of the document has the operationId "${operationId}".`,
      );
  const content = contentOfAnswer(route, status, said, before?.content, tools);
  return {
    ...before,
    description: said.description ?? before?.description ?? nameOf(status),
    ...(headers && { headers: { ...before?.headers, ...headersOf(route, status, headers, tools) } }),
    ...(content && { content }),
    ...(links && { links }),
  };
}

function contentOfAnswer(
  route: Route,
  status: string,
  said: DocumentedResponse,
  before: ByMediaType | undefined,
  { components, errors }: DocumentTools,
): ByMediaType | undefined {
  const owner = `${route.name}: responses ${status}`;
  const own = saidContent(owner, said, components);
  const listed = said.content && contentOf(owner, said.content, 'output', components);
  const further = own || listed ? { ...own, ...listed } : undefined;
  // What an HttpError of that status answers, unless it is said to be something else.
  const isError = /^[45]/.test(status) && errors !== undefined;
  const content = further ?? (isError ? (before ?? errorContent(errors, components)) : undefined);
  // What succeeds can be one of several; an error is what the route says that it is.
  const isFurther = status === String(route.status) && isDeclared(route);
  const all = isFurther ? { ...before, ...content } : (content ?? before);
  if (said.examples === undefined || own !== undefined || all === undefined) return all;
  const [[first, body] = ['application/json', { schema: {} }]] = Object.entries(all);
  return { ...all, [first]: { ...body, examples: examplesOf(said.examples) } };
}

function saidContent(
  owner: string,
  { schema, mediaType, examples }: DocumentedResponse,
  components: DocumentTools['components'],
): ByMediaType | undefined {
  if (schema === undefined && mediaType === undefined) return undefined;
  const shown = examples === undefined ? {} : { examples: examplesOf(examples) };
  if (schema === undefined) return { [mediaType!]: { schema: anyBody(mediaType!), ...shown } };
  const json = components.place(describeSchema(schema, 'output', owner), 'output');
  return { [mediaType ?? 'application/json']: { schema: json, ...shown } };
}

function headersOf(
  route: Route,
  status: string,
  headers: Readonly<Record<string, DocumentedHeader>>,
  { components }: DocumentTools,
): object {
  const entries = Object.entries(headers).map(([name, { schema, examples, ...rest }]) => {
    const owner = `${route.name}: responses ${status}, header ${name}`;
    const json = schema && components.place(describeSchema(schema, 'output', owner), 'output');
    const shown = examples === undefined ? {} : { examples: examplesOf(examples) };
    return [name, { ...rest, schema: json ?? { type: 'string' }, ...shown }] as const;
  });
  return Object.fromEntries(entries);
}

// FastAPI's.
const kinds: Readonly<Record<string, string>> = {
  '1XX': 'Information',
  '2XX': 'Success',
  '3XX': 'Redirection',
  '4XX': 'Client Error',
  '5XX': 'Server Error',
  default: 'Default Response',
};

function nameOf(status: string): string {
  return kinds[status] ?? nodeHttp.STATUS_CODES[status] ?? 'Response';
}

/** Whether a route says what it answers with, by its `response` or by being a generator. */
function isDeclared({ definition, output }: Route): boolean {
  return output !== undefined || definition.media !== undefined || isAsyncGenerator(definition.handler);
}

function successOf(route: Route, tools: DocumentTools): Answer {
  const headers = declaredHeaders(route, tools);
  return { ...successBody(route, tools), ...(Object.keys(headers).length > 0 && { headers }) };
}

/** The headers and cookies that a route, and the functions around it, declare of a successful answer. */
function declaredHeaders(
  { name, definition, plan }: Route,
  { components }: DocumentTools,
): Readonly<Record<string, object>> {
  const { responseHeaders = {}, responseCookies = {} } = definition.settings;
  const added = [...plan.outside, ...plan.inside].map(({ around }) => around.responseHeaders);
  const entries = Object.entries(Object.assign({}, ...added, responseHeaders) as typeof responseHeaders).map(
    ([header, schema]): [string, object] => {
      const { json, required } = compileField(schema, 'text', `${name}: the header "${header}" of the answer`);
      return [header, { required, schema: components.place(json, 'input') }];
    },
  );
  const cookies = Object.keys(responseCookies).join(', ');
  if (cookies !== '') entries.push(['set-cookie', { description: `Sets ${cookies}`, schema: { type: 'string' } }]);
  return Object.fromEntries(entries);
}

function successBody(route: Route, { components, version }: DocumentTools): Answer {
  const { definition, status, output } = route;
  const description = definition.settings.responseDescription ?? 'Successful Response';
  if (status === 204 || status === 205 || status === 304) return { description };
  if (definition.media !== undefined)
    return { description, content: mediaContent(route, definition.media, components, version) };
  if (output === undefined && isAsyncGenerator(definition.handler))
    return { description, content: mediaContent(route, jsonLines(), components, version) };
  return {
    description,
    content: { 'application/json': { schema: output === undefined ? {} : components.place(output, 'output') } },
  };
}

function isAsyncGenerator(handler: Route['definition']['handler']): boolean {
  return handler.constructor.name === 'AsyncGeneratorFunction';
}
