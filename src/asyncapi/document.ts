import type { ApiInfo, ErrorFormat } from '../declare/route/api-info.ts';
import type { DocumentedChannel } from '../declare/route/documented-channel.ts';
import type { Route } from '../declare/route/route.ts';
import type { SocketRoute } from '../declare/socket/socket.ts';
import { OperationIds } from '../openapi/operations/operation-ids.ts';
import { Components } from '../openapi/schemas/components.ts';
import { copyJson } from '../openapi/schemas/copy-json.ts';
import { Access } from './access.ts';
import type { ChannelTools, DescribedChannel } from './channel-tools.ts';
import { componentChannel } from './component-channel.ts';
import { docsOf, type Member, paragraphs, present } from './document-parts.ts';
import { draftSeven } from './draft-seven.ts';
import { withoutTwins } from './messages.ts';
import { type ServerPlace, serversOf } from './servers.ts';
import { socketChannel } from './socket-channel.ts';
import { isEventStream, streamChannel } from './stream-channel.ts';
import { UniqueNames } from './unique-names.ts';

/** An AsyncAPI document. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.1.0';
  readonly info: Member;
  readonly servers?: Readonly<Record<string, Member>>;
  readonly defaultContentType: 'application/json';
  readonly channels: Readonly<Record<string, Member>>;
  readonly operations: Readonly<Record<string, Member>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, Member>>>>;
}

/** What an AsyncAPI document tells of. */
export interface Told {
  readonly sockets: readonly SocketRoute[];
  /** Of which those with event streams are told of. */
  readonly routes: readonly Route[];
  /** Of the components that the app uses. */
  readonly channels: readonly DocumentedChannel[];
  readonly errors: ErrorFormat;
}

/** A document that has no servers yet, which depend on who asks. */
export interface DescribedMessages {
  readonly document: AsyncApiDocument;
  /** The protocol of each channel. */
  readonly protocols: ReadonlyMap<string, string>;
}

/** Whether there is anything to tell of. */
export function hasMessages({ sockets, routes, channels }: Omit<Told, 'errors'>): boolean {
  return (
    channels.length > 0 ||
    sockets.some(isDocumented) ||
    routes.some((route) => isDocumented(route) && isEventStream(route))
  );
}

/**
 * The AsyncAPI document of an app: its sockets, event streams, channels and tasks. It is frozen, and shares nothing with what the app declared.
 *
 * @throws CortadoError `CORTADO_ROUTE_DUPLICATE` where two operations were given one name.
 */
export function asyncApiDocument(
  info: ApiInfo,
  told: Told,
  place: ServerPlace = { rootPath: '', asked: undefined },
): AsyncApiDocument {
  return withServers(describeMessages(info, told), info, place);
}

/** All of a document but its servers. */
export function describeMessages(info: ApiInfo, { sockets, routes, channels, errors }: Told): DescribedMessages {
  const streams = routes.filter((route) => isDocumented(route) && isEventStream(route));
  const tools: ChannelTools = {
    components: new Components(info.separateInputOutputSchemas ?? true),
    access: new Access(baseOf(info.servers)),
    channels: new UniqueNames(),
    operations: new UniqueNames(),
    ids: new OperationIds(streams.map((route) => ({ route }))),
    errors,
  };
  const described: readonly DescribedChannel[] = [
    ...sockets.filter(isDocumented).map((route) => socketChannel(route, tools)),
    ...streams.map((route) => streamChannel(route, tools)),
    ...channels.map((channel) => componentChannel(channel, tools)),
  ];
  const named = tools.components.finish({
    channels: Object.fromEntries(described.map(({ key, channel }) => [key, channel])),
    operations: Object.assign({}, ...described.map(({ operations }) => operations)) as Readonly<Record<string, Member>>,
  });
  const schemas = Object.entries(named.schemas).map(([name, json]) => [name, draftSeven(json)]);
  const components = present({
    schemas: schemas.length === 0 ? undefined : Object.fromEntries(schemas),
    securitySchemes: tools.access.finish(),
  });
  const merged = Object.entries(named.document.channels).map(([key, one]) => ({ key, ...withoutTwins(key, one) }));
  const renamed = new Map(merged.flatMap((one) => [...one.renamed]));
  const document = copyJson(
    {
      asyncapi: '3.1.0',
      info: infoOf(info),
      defaultContentType: 'application/json',
      channels: Object.fromEntries(merged.map(({ key, channel }) => [key, channel])),
      operations: named.document.operations,
      ...(Object.keys(components).length > 0 && { components }),
    },
    (name, member) => (name === '$ref' ? renamed.get(String(member)) : undefined),
  ) as AsyncApiDocument;
  return { document, protocols: new Map(described.map(({ key, protocol }) => [key, protocol])) };
}

/** The whole document, for who asks there. */
export function withServers(
  { document, protocols }: DescribedMessages,
  info: ApiInfo,
  place: ServerPlace,
): AsyncApiDocument {
  const all = serversOf([...protocols.values()], info.servers, place);
  const channels = Object.entries(document.channels).map(([key, channel]): [string, Member] => {
    const names = Object.keys(all.get(protocols.get(key)!)!);
    return [key, { ...channel, servers: names.map((name) => ({ $ref: `#/servers/${name}` })) }];
  });
  const { asyncapi, info: about, ...rest } = document;
  const servers = Object.assign({}, ...all.values()) as Readonly<Record<string, Member>>;
  const whole = { asyncapi, info: about, servers, ...rest, channels: Object.fromEntries(channels) };
  return frozen(copyJson(whole)) as AsyncApiDocument;
}

function infoOf(info: ApiInfo): Member {
  const { title = 'Cortado', version = '0.1.0', summary, description, termsOfService, contact, license, tags } = info;
  const { identifier, ...licensed } = license ?? { identifier: undefined };
  return present({
    title,
    version,
    description: paragraphs(summary, description, identifier === undefined ? undefined : `Licence: ${identifier}.`),
    termsOfService,
    contact,
    license: license === undefined ? undefined : licensed,
    tags: tags?.map(({ name, description: about, externalDocs }) =>
      present({ name, description: about, externalDocs: docsOf(externalDocs) }),
    ),
    externalDocs: docsOf(info.externalDocs),
  });
}

/** Where relative addresses begin, as far as a server of the app is named. */
function baseOf(servers: ApiInfo['servers'] = []): string | undefined {
  const urls = servers.map(({ url, variables = {} }) =>
    url.replace(/\{(\w+)\}/g, (whole, name: string) => variables[name]?.default ?? whole),
  );
  return urls.find((url) => URL.canParse(url));
}

function isDocumented({ definition }: Route): boolean {
  return definition.settings.documented !== false;
}

// What is changed in it would be on the wire for all.
function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
