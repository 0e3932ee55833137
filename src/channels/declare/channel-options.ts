import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../../base/check-options.ts';
import { object, type Rule, type Rules } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { checkParams } from '../../declare/check-params.ts';
import type { Flat } from '../../declare/values.ts';
import { isSchema } from '../../schema/standard.ts';
import type { EventRetention } from '../contract/engine.ts';

/** What tells the events of a channel apart: schemas of texts, numbers or booleans, by name. */
export type ChannelParams = Readonly<Record<string, StandardSchemaV1>>;

/** The params of a channel, as code gives them. */
export type ChannelKey<P extends ChannelParams> = Flat<{
  readonly [K in keyof P]: StandardSchemaV1.InferInput<P[K]>;
}>;

/** Options of `channels.channel`. */
export interface ChannelOptions<
  P extends ChannelParams,
  E extends StandardSchemaV1,
  M extends StandardSchemaV1 | undefined,
> {
  /** Schemas of what tells its events apart, a room for example. Default: none, and all its events are one stream. */
  readonly params?: P;
  /** Schema of an event. */
  readonly event: E;
  /** Schema of who is present, for `subscribe({ … }, { as })`. Default: nobody is. */
  readonly member?: M;
  /**
   * How long events are kept for those who come back: `age` in milliseconds (default an hour), `count` of events with the same params (default
   * 10,000); `Infinity` is for ever.
   */
  readonly retention?: Partial<EventRetention>;
}

/** A channel as it was declared. */
export interface ChannelDeclaration {
  readonly name: string;
  readonly params: ChannelParams;
  readonly event: StandardSchemaV1;
  readonly member: StandardSchemaV1 | undefined;
  readonly retention: EventRetention;
}

const schema: Rule = { wanted: 'a Standard Schema, z.object({ … }) for example', fits: isSchema };
const rules: Rules<ChannelOptions<ChannelParams, StandardSchemaV1, StandardSchemaV1>> = {
  params: object,
  event: schema,
  member: schema,
  retention: object,
};
const limit = (least: number, wanted: string): Rule => ({
  wanted,
  fits: (value) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= least),
});
const retentionRules: Rules<EventRetention> = {
  age: limit(1, 'whole milliseconds from 1, or Infinity'),
  count: limit(1, 'a whole number from 1, or Infinity'),
};
const hour = 3_600_000;

/** Checks the declaration of a channel. */
export function channelDeclaration(
  name: string,
  options: ChannelOptions<ChannelParams, StandardSchemaV1, StandardSchemaV1 | undefined>,
): ChannelDeclaration {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_][\w.-]{0,99}$/.test(name))
    throw new CortadoError(
      'CORTADO_CHANNEL_NAME',
      `channels.channel(): the name ${JSON.stringify(name)} must be 1 to 100 letters, digits, "_", "-" and ".".`,
    );
  const owner = `channel "${name}"`;
  checkOptions(owner, options, rules);
  const { params = {}, event, member, retention = {} } = options;
  checkParams(owner, params);
  checkOptions(owner, { event: event ?? null }, { event: schema });
  for (const key of Object.keys(params)) checkOptions(`${owner}: params`, { [key]: params[key] }, { [key]: schema });
  checkOptions(`${owner}: retention`, retention, retentionRules);
  const { age = hour, count = 10_000 } = retention;
  return { name, params, event, member, retention: { age, count } };
}
