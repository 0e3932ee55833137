import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../../base/error.ts';
import type { DocumentedChannel } from '../../declare/route/documented-channel.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import type { ChannelDeclaration } from './channel-options.ts';

/** The channels of an app for its AsyncAPI document: it sends their events, and takes them. */
export function documentedChannels(declarations: readonly ChannelDeclaration[]): readonly DocumentedChannel[] {
  return declarations.map(({ name, params, event, retention }) => {
    const names = Object.keys(params).sort();
    const payload = describedAs(event, `channel "${name}": event`);
    const message = { name, ...(payload && { payload }) };
    const said = names.map((one): [string, string] => [
      one,
      describedAs(params[one]!, `channel "${name}": ${one}`)?.description ?? '',
    ]);
    return {
      kind: 'channel',
      name,
      address: [name, ...names.map((one) => `{${one}}`)].join('/'),
      parameters: Object.fromEntries(said),
      description: `Events that commit: those of a transaction are sent once it has committed. Kept for those who come back: ${keptInWords(retention)}.`,
      sends: [message],
      receives: [message],
    };
  });
}

/** The JSON Schema of a schema; `undefined` for one that does not describe itself, which a channel does without. */
function describedAs(schema: StandardSchemaV1, owner: string): JsonSchema | undefined {
  try {
    return describeSchema(schema, 'output', owner);
  } catch (error) {
    if (error instanceof CortadoError && error.code === 'CORTADO_SCHEMA_UNDESCRIBED') return undefined;
    throw error;
  }
}

function keptInWords({ age, count }: ChannelDeclaration['retention']): string {
  const long = age === Number.POSITIVE_INFINITY ? 'for ever' : `for ${age / 1000} s`;
  return count === Number.POSITIVE_INFINITY ? long : `${long}, the last ${count} with the same params`;
}
