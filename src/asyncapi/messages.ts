import type { Components } from '../openapi/schemas/components.ts';
import { schemaName } from '../openapi/schemas/named-parts.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import { messageKinds } from '../schema/json/message-kinds.ts';
import type { Direction } from '../schema/library/library-options.ts';
import { type Member, present } from './document-parts.ts';
import { draftSeven } from './draft-seven.ts';
import { safeName, UniqueNames } from './unique-names.ts';

/** The messages of JSON that a schema describes: one of each kind, where a member tells them apart. */
export function jsonMessages(
  json: JsonSchema | undefined,
  direction: Direction,
  components: Components,
  more: Member = {},
): readonly Member[] {
  const kinds = json && messageKinds(json);
  const each = kinds ?? [{ name: (json && (schemaName(json) ?? json['title'])) ?? 'message', json: json ?? {} }];
  return each.map(({ name, json: payload }) =>
    present({
      name,
      description: payload.description,
      contentType: 'application/json',
      payload: draftSeven(components.place(payload, direction)),
      ...more,
    }),
  );
}

/** The messages of a channel by name, and references to them for its operations. */
export class ChannelMessages {
  readonly #key: string;
  readonly #names = new UniqueNames();
  readonly #messages = new Map<string, Member>();

  /** @param key The channel's own name. */
  constructor(key: string) {
    this.#key = key;
  }

  get all(): Readonly<Record<string, Member>> {
    return Object.fromEntries(this.#messages);
  }

  /** Adds messages; one that is there already is the same. */
  add(messages: readonly Member[]): readonly Member[] {
    return messages.map((message) => ({ $ref: `#/channels/${this.#key}/messages/${this.#place(message)}` }));
  }

  #place(message: Member): string {
    const text = JSON.stringify(message);
    const same = [...this.#messages].find(([, other]) => JSON.stringify(other) === text);
    if (same !== undefined) return same[0];
    const key = this.#names.take(safeName(String(message['name'])) || 'message');
    this.#messages.set(key, message);
    return key;
  }
}

/**
 * Leaves out messages that are another one of their channel once all schemas have their names: what both sides send in one form.
 *
 * @returns the channel, and by the reference of each message that is gone the one that stands for it.
 */
export function withoutTwins(
  key: string,
  channel: Member,
): { readonly channel: Member; readonly renamed: ReadonlyMap<string, string> } {
  const kept = new Map<string, string>();
  const renamed = new Map<string, string>();
  const refTo = (name: string): string => `#/channels/${key}/messages/${name}`;
  const messages = Object.entries(channel['messages'] as Readonly<Record<string, Member>>).filter(([name, message]) => {
    const text = JSON.stringify(message);
    const twin = kept.get(text);
    if (twin === undefined) kept.set(text, name);
    else renamed.set(refTo(name), refTo(twin));
    return twin === undefined;
  });
  return { channel: { ...channel, messages: Object.fromEntries(messages) }, renamed };
}
