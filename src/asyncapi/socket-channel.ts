import type { PlannedMessages, SocketRoute } from '../declare/socket/socket.ts';
import { errorContent, validationErrorContent } from '../openapi/schemas/errors.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import type { Direction } from '../schema/library/library-options.ts';
import type { ChannelTools, DescribedChannel } from './channel-tools.ts';
import { closeCodes } from './close-codes.ts';
import { docsOf, type Member, paragraphs, present, tagsOf } from './document-parts.ts';
import { draftSeven } from './draft-seven.ts';
import { inputsOf } from './inputs.ts';
import { ChannelMessages, jsonMessages } from './messages.ts';
import { safeName } from './unique-names.ts';

/** A socket as a channel, with what the app receives there and what it sends. */
export function socketChannel(route: SocketRoute, tools: ChannelTools): DescribedChannel {
  const { components } = tools;
  const { settings } = route.definition;
  const key = tools.channels.take(safeName(route.template.source.replaceAll(':path}', '}')) || 'root');
  const messages = new ChannelMessages(key);
  const deprecated = settings.deprecated === true ? { deprecated: true } : {};
  const received = messages.add(messagesOf(route.incoming, 'input', tools, deprecated));
  const sent = messages.add([
    ...messagesOf(route.outgoing, 'output', tools, deprecated),
    ...errorMessages(route, tools),
  ]);
  const { parameters, query, headers } = inputsOf(route, components, handshakeHeaders(route));
  const access = tools.access.of(route);
  const channel = present({
    address: route.template.source.replaceAll(':path}', '}'),
    title: route.name,
    summary: settings.summary,
    description: paragraphs(settings.description, access.words, handshakeInWords(route), closeCodes(route)),
    tags: tagsOf(settings.tags),
    externalDocs: docsOf(settings.externalDocs),
    parameters,
    messages: messages.all,
    bindings: { ws: present({ method: 'GET', query, headers, bindingVersion: '0.1.0' }) },
  });
  const operationOf = (action: 'receive' | 'send', refs: readonly Member[]): Member =>
    present({
      action,
      channel: { $ref: `#/channels/${key}` },
      summary: settings.summary,
      tags: tagsOf(settings.tags),
      security: access.security,
      messages: refs,
    });
  const base = givenName(route) ?? key;
  const operations = {
    [tools.operations.take(`${base}_receive`)]: operationOf('receive', received),
    [tools.operations.take(`${base}_send`)]: operationOf('send', sent),
  };
  return { key, protocol: 'ws', channel, operations };
}

function messagesOf(
  { frames, json, field }: PlannedMessages,
  direction: Direction,
  { components }: ChannelTools,
  more: Member,
): readonly Member[] {
  const found: Member[] = [];
  if (frames.text === 'text')
    found.push({ name: 'text', contentType: 'text/plain', payload: { type: 'string' }, ...more });
  else if (frames.text === 'json') found.push({ name: 'json', contentType: 'application/json', payload: {}, ...more });
  else if (frames.text !== undefined) found.push(...jsonMessages(field?.json ?? json, direction, components, more));
  if (frames.bytes)
    found.push({
      name: 'bytes',
      contentType: 'application/octet-stream',
      payload: { type: 'string', format: 'binary' },
      ...more,
    });
  return found;
}

/** What a client is told of a message that was not taken: the body that the same mistake has in a request. */
function errorMessages({ incoming, each, definition }: SocketRoute, tools: ChannelTools): readonly Member[] {
  const { errors, components } = tools;
  const isJson = incoming.frames.text !== undefined && incoming.frames.text !== 'text';
  const invalid = isJson && definition.socket.settings.closeOnInvalid !== true;
  const unitRefuses = each.calls.length > 0 || each.guards.length > 0;
  const contents = [
    ...(invalid || each.fields.length > 0 ? [validationErrorContent(errors, components)] : []),
    ...(unitRefuses ? [errorContent(errors, components)] : []),
  ];
  const [[contentType] = ['application/json']] = contents.flatMap((content) => Object.entries(content));
  const schemas = contents.flatMap((content) => Object.values(content) as { readonly schema: JsonSchema }[]);
  const payload = schemas.map(({ schema }) => draftSeven(schema));
  if (payload.length === 0) return [];
  return [
    {
      name: 'error',
      summary: 'A message was not taken',
      description:
        'Says what is wrong with a message of the client, in the words of the same mistake in a request. The socket stays open.',
      contentType,
      payload: payload.length === 1 ? payload[0] : { anyOf: payload },
    },
  ];
}

function handshakeHeaders({ definition }: SocketRoute): Readonly<Record<string, JsonSchema>> {
  const { subprotocols = [] } = definition.socket.settings;
  if (subprotocols.length === 0) return {};
  const description = `The subprotocols that the client speaks, with commas between. The first of these that is among them is agreed on: ${list(subprotocols)}.`;
  return { 'sec-websocket-protocol': { type: 'string', description } };
}

function handshakeInWords({ definition }: SocketRoute): string {
  const { subprotocols = [], origins, refuseByClose, perMessageDeflate } = definition.socket.settings;
  const pages =
    origins === '*' ? 'any page' : origins === undefined ? 'pages of its own host' : `pages of ${list(origins)}`;
  return [
    `Opened by a handshake of RFC 6455; browsers may do so from ${pages}.`,
    subprotocols.length === 0 ? '' : ` Subprotocols: ${list(subprotocols)}.`,
    perMessageDeflate === true ? ' Messages may be compressed (`permessage-deflate`).' : '',
    refuseByClose === true ? '' : ' One that is refused is answered as a request: 401, 403, 422, 503 for example.',
  ].join('');
}

function givenName({ definition }: SocketRoute): string | undefined {
  const { method, path, handler, settings } = definition;
  const { operationId, tags = [] } = settings;
  return typeof operationId === 'function' ? operationId({ method, path, name: handler.name, tags }) : operationId;
}

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
