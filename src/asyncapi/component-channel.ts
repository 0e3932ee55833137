import type { DocumentedChannel, DocumentedMessage } from '../declare/route/documented-channel.ts';
import { exampleValues } from '../openapi/operations/examples.ts';
import type { Components } from '../openapi/schemas/components.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import type { ChannelTools, DescribedChannel } from './channel-tools.ts';
import { type Member, present, tagsOf } from './document-parts.ts';
import { draftSeven } from './draft-seven.ts';
import { ChannelMessages, jsonMessages } from './messages.ts';
import { safeName } from './unique-names.ts';

/** What a component tells of a channel of its own. */
export function componentChannel(told: DocumentedChannel, tools: ChannelTools): DescribedChannel {
  const { kind, name, address, summary, description, parameters = {} } = told;
  const key = tools.channels.take(safeName(`${kind}_${name}`));
  const messages = new ChannelMessages(key);
  const refsOf = (all: readonly DocumentedMessage[]): readonly Member[] =>
    all.flatMap((message) => messages.add(described(message, tools.components)));
  const sides = { receive: refsOf(told.receives), send: refsOf(told.sends) };
  const said = Object.entries(parameters).map(([parameter, sentence]): [string, Member] => [
    parameter,
    sentence === '' ? {} : { description: sentence },
  ]);
  const channel = present({
    address,
    title: name,
    summary,
    description,
    tags: tagsOf(told.tags),
    parameters: said.length === 0 ? undefined : Object.fromEntries(said),
    messages: messages.all,
  });
  const operations = Object.entries(sides).flatMap(([action, refs]): [string, Member][] =>
    refs.length === 0
      ? []
      : [
          [
            tools.operations.take(`${key}_${action}`),
            present({ action, channel: { $ref: `#/channels/${key}` }, tags: tagsOf(told.tags), messages: refs }),
          ],
        ],
  );
  return { key, protocol: kind, channel, operations: Object.fromEntries(operations) };
}

function described(message: DocumentedMessage, components: Components): readonly Member[] {
  const { name, summary, description, deprecated, payload, fields } = message;
  const said = present({ summary, description, deprecated });
  if (fields !== undefined)
    return [{ name, contentType: 'application/json', payload: objectOf(fields, components), ...said }];
  const found = jsonMessages(payload, 'output', components, said);
  return found.length === 1 ? [{ ...found[0], name }] : found;
}

function objectOf(fields: NonNullable<DocumentedMessage['fields']>, components: Components): JsonSchema {
  const shown = fields.filter(({ docs }) => docs.documented !== false);
  const properties = shown.map(({ key, field, docs }): [string, JsonSchema] => {
    const { description, deprecated, examples } = docs;
    const values = examples && exampleValues(examples);
    const json = {
      ...components.place(field.json, 'input'),
      ...present({ description, deprecated, examples: values }),
    };
    return [key, draftSeven(json)];
  });
  const required = shown.filter(({ field }) => field.required).map(({ key }) => key);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
  };
}
