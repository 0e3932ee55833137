import { isRecord } from '../../base/is-record.ts';
import { type JsonSchema, resolveRef } from './json-schema.ts';

/** A kind of message, and its schema with the shared parts that it refers to. */
export interface MessageKind {
  readonly name: string;
  readonly json: JsonSchema;
}

/**
 * The kinds of message that a schema takes, where one member tells them apart by a constant text, `type: 'say'` for example; `undefined` where
 * none does.
 */
export function messageKinds(json: JsonSchema): readonly MessageKind[] | undefined {
  const kinds = kindNames(json);
  const root = resolveRef(json, json);
  const members = membersOf(root);
  // A part that refers to the whole would refer to itself once it stands alone.
  if (kinds === undefined || (members.length > 1 && JSON.stringify(json).includes('"$ref":"#"'))) return undefined;
  return members.map((member, at) => ({
    name: kinds.names[at]!,
    json: member === root ? json : json.$defs === undefined ? member : { ...member, $defs: json.$defs },
  }));
}

/** The member by which they are told apart, and their names; `undefined` where there is none. */
export function kindNames(json: JsonSchema): { readonly key: string; readonly names: readonly string[] } | undefined {
  const constants = membersOf(resolveRef(json, json)).map((member) => constantsOf(resolveRef(member, json)));
  const key = [...(constants[0]?.keys() ?? [])].find((one) => constants.every((values) => values.has(one)));
  return key === undefined ? undefined : { key, names: constants.map((values) => values.get(key)!) };
}

function membersOf(root: JsonSchema): readonly JsonSchema[] {
  return root.oneOf ?? root.anyOf ?? [root];
}

function constantsOf({ properties = {} }: JsonSchema): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, property] of Object.entries(properties))
    if (isRecord(property) && typeof property['const'] === 'string') found.set(key, property['const']);
  return found;
}
