import { checkOptions } from '../../base/check-options.ts';
import * as must from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { isRecord } from '../../base/is-record.ts';
import { checkExamples, type Examples, examplesRule } from '../../declare/examples.ts';
import type {
  DocumentedBody,
  DocumentedContent,
  DocumentedHeader,
  DocumentedLink,
  DocumentedResponse,
  DocumentedResponses,
  DocumentedServer,
  ExternalDocs,
} from '../../declare/route/documented.ts';
import { isSchema } from '../../schema/standard.ts';
import { checkExtras, operationMembers } from './check-extras.ts';

const schema: must.Rule = { wanted: 'a Standard Schema, z.object({ … }) for example', fits: isSchema };

const responseRules: must.Rules<DocumentedResponse> = {
  description: must.string,
  schema,
  mediaType: must.string,
  examples: examplesRule,
  content: must.object,
  headers: must.object,
  links: must.object,
};
const contentRules: must.Rules<DocumentedContent> = { schema, examples: examplesRule };
const bodyRules: must.Rules<DocumentedBody> = {
  description: must.string,
  required: must.flag,
  content: must.object,
};
const headerRules: must.Rules<DocumentedHeader> = {
  description: must.string,
  schema,
  required: must.flag,
  deprecated: must.flag,
  examples: examplesRule,
};
const linkRules: must.Rules<DocumentedLink> = {
  operationId: must.string,
  operationRef: must.string,
  parameters: must.object,
  requestBody: must.anything,
  description: must.string,
  server: must.object,
};
const serverRules: must.Rules<DocumentedServer> = {
  url: must.string,
  description: must.string,
  variables: must.object,
};
const variableRules = { default: must.string, enum: must.texts, description: must.string };
const externalRules: must.Rules<ExternalDocs> = { url: must.string, description: must.string };

/** Options of an app, a router or a route that the document alone reads. */
interface DocumentOptions {
  readonly responses?: DocumentedResponses;
  readonly requestBody?: DocumentedBody;
  readonly callbacks?: Readonly<Record<string, unknown>>;
  readonly servers?: readonly DocumentedServer[];
  readonly externalDocs?: ExternalDocs;
  readonly openapi?: unknown;
}

/** Checks what the document alone reads of a route, and of what it was included by. */
export function checkDocumented(owner: string, options: DocumentOptions): void {
  const { responses = {}, requestBody, callbacks = {}, servers = [], externalDocs } = options;
  for (const [status, response] of Object.entries(responses as object)) checkResponse(owner, status, response);
  if (requestBody !== undefined) {
    checkOptions(`${owner}: requestBody`, requestBody, bodyRules);
    checkContent(`${owner}: requestBody`, requestBody.content);
    if (Object.keys(requestBody.content ?? {}).length === 0)
      throw invalidOption(`${owner}: requestBody must have its content, by media type.`);
  }
  for (const [name, given] of Object.entries(callbacks)) checkCallbacks(owner, name, given);
  for (const server of servers) checkServer(owner, server);
  if (externalDocs !== undefined) checkExternal(owner, externalDocs);
}

/** Checks {@link checkDocumented}, and the further members of a route's operation. */
export function checkOperation(owner: string, options: DocumentOptions): void {
  checkDocumented(owner, options);
  checkExtras(owner, options.openapi, operationMembers);
}

export function checkExternal(owner: string, externalDocs: ExternalDocs): void {
  checkOptions(`${owner}: externalDocs`, externalDocs, externalRules);
  if (externalDocs.url === undefined) throw invalidOption(`${owner}: externalDocs needs its url.`);
}

export function checkServer(owner: string, server: DocumentedServer): void {
  checkOptions(`${owner}: servers`, server, serverRules);
  const { url, variables = {} } = server;
  if (url === undefined) throw invalidOption(`${owner}: each of servers needs its url.`);
  for (const [name, variable] of Object.entries(variables)) {
    const what = `${owner}: servers: the variable "${name}"`;
    checkOptions(what, variable, variableRules);
    const { default: fallback, enum: values } = variable;
    if (fallback === undefined || values?.includes(fallback) === false)
      throw invalidOption(`${what} needs a default${values === undefined ? '' : ', one of its enum'}.`);
  }
  const open = [...url.matchAll(/\{([^{}]*)\}/g)].find(([, name]) => !Object.hasOwn(variables, name!));
  if (open !== undefined)
    throw invalidOption(`${owner}: servers: ${url} has ${open[0]}, which its variables do not have.`);
}

function checkResponse(owner: string, status: string, response: DocumentedResponse): void {
  if (!/^[1-5](?:\d\d|XX)$|^default$/.test(status))
    throw invalidOption(
      `${owner}: the keys of responses must be statuses from 100 to 599, 1XX to 5XX or default, not "${status}".`,
    );
  const what = `${owner}: responses ${status}`;
  checkOptions(what, response, responseRules);
  const { examples, content, headers = {}, links = {} } = response;
  checkExamples(what, examples);
  if (content !== undefined) checkContent(what, content);
  for (const [name, header] of Object.entries(headers)) {
    checkOptions(`${what}, header ${name}`, header, headerRules);
    checkExamples(`${what}, header ${name}`, header.examples as Examples | undefined);
    if (/^content-type$/i.test(name))
      throw invalidOption(`${what}: OpenAPI ignores the header content-type; content says it, or mediaType.`);
  }
  for (const [name, link] of Object.entries(links)) checkLink(`${what}, link ${name}`, link);
}

function checkLink(owner: string, link: DocumentedLink): void {
  checkOptions(owner, link, linkRules);
  if (Number(link.operationId !== undefined) + Number(link.operationRef !== undefined) !== 1)
    throw invalidOption(`${owner} needs either an operationId or an operationRef.`);
  if (link.server !== undefined) checkServer(owner, link.server);
}

function checkContent(owner: string, content: DocumentedBody['content']): void {
  for (const [mediaType, body] of Object.entries(content ?? {})) {
    if (!/^[\w.+*-]+\/[\w.+*-]+(?:\s*;.*)?$/.test(mediaType))
      throw invalidOption(`${owner}: the keys of content must be media types, not ${must.shown(mediaType)}.`);
    checkOptions(`${owner} ${mediaType}`, body, contentRules);
    checkExamples(`${owner} ${mediaType}`, body.examples);
  }
}

function checkCallbacks(owner: string, name: string, given: unknown): void {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (all.length > 0 && all.every((one) => isRecord(one) && one['kind'] === 'callback')) return;
  throw invalidOption(`${owner}: callbacks: "${name}" must be callback('POST', url, { … }), or a list of them.`);
}
