import type { Route } from '../declare/route/route.ts';
import { describeSchema } from '../schema/describe-schema.ts';
import type { ChannelTools, DescribedChannel } from './channel-tools.ts';
import { docsOf, paragraphs, present, tagsOf } from './document-parts.ts';
import { inputsOf } from './inputs.ts';
import { ChannelMessages, jsonMessages } from './messages.ts';
import { safeName } from './unique-names.ts';

/** Whether a route answers with server-sent events. */
export function isEventStream({ definition }: Route): boolean {
  return definition.media?.format === 'event-stream';
}

/** An event stream as a channel on which the app sends. */
export function streamChannel(route: Route, tools: ChannelTools): DescribedChannel {
  const { components } = tools;
  const { settings, method, media } = route.definition;
  const address = route.template.source.replaceAll(':path}', '}');
  const key = tools.channels.take(safeName(`${method.toLowerCase()}${address}`));
  const item = media?.item && describeSchema(media.item, 'output', `${route.name}: response`);
  const messages = new ChannelMessages(key);
  const event = {
    ...(settings.deprecated === true && { deprecated: true }),
    summary: 'A server-sent event',
    bindings: { http: { headers: eventHeaders, bindingVersion: '0.3.0' } },
  };
  const sent = messages.add(jsonMessages(item, 'output', components, event));
  const { parameters, query } = inputsOf(route, components);
  const access = tools.access.of(route);
  const id = tools.ids.of(route);
  const channel = present({
    address,
    title: route.name,
    summary: settings.summary,
    description: paragraphs(
      settings.description,
      access.words,
      `Server-sent events (\`text/event-stream\`): the data of each is a message. What is asked for stands in the OpenAPI document, as \`${id}\`.`,
      media?.finishes === true
        ? undefined
        : 'It ends when the app stops; a client that comes back says the last `id` that it saw by `Last-Event-ID`.',
    ),
    tags: tagsOf(settings.tags),
    externalDocs: docsOf(settings.externalDocs),
    parameters,
    messages: messages.all,
  });
  const operation = present({
    action: 'send',
    channel: { $ref: `#/channels/${key}` },
    summary: settings.summary,
    tags: tagsOf(settings.tags),
    security: access.security,
    // QUERY is no method to it.
    bindings: { http: present({ method: method === 'QUERY' ? undefined : method, query, bindingVersion: '0.3.0' }) },
    messages: sent,
  });
  return { key, protocol: 'http', channel, operations: { [tools.operations.take(id)]: operation } };
}

// Of the answer that carries the events.
const eventHeaders = {
  type: 'object',
  properties: { 'content-type': { type: 'string', const: 'text/event-stream' } },
};
