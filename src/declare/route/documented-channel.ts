import type { JsonSchema } from '../../schema/json/json-schema.ts';
import type { PlannedField } from '../plan/plan.ts';

/** A message that a component of the app sends or takes, for the AsyncAPI document. */
export interface DocumentedMessage {
  /** Its name, its own among those of its channel: `send-email`. */
  readonly name: string;
  readonly summary?: string;
  /** Markdown. */
  readonly description?: string;
  readonly deprecated?: boolean;
  /** JSON Schema of what it carries, as `describeSchema` gives it for values that leave; of a union of kinds each is a message. Default: any JSON. */
  readonly payload?: JsonSchema;
  /** In the place of `payload`: what it carries is an object of these. */
  readonly fields?: readonly PlannedField[];
}

/** Where a component of the app sends and takes messages, for the AsyncAPI document: a queue, or a channel of events. */
export interface DocumentedChannel {
  /** What kind it is of, which names its server in the document: `queue` for example. */
  readonly kind: string;
  /** Its name, its own among those of its kind. */
  readonly name: string;
  /** Where it is, with `{name}` for each parameter. */
  readonly address: string;
  /** The parameters of its address, each with a sentence about it, which may be empty. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly summary?: string;
  /** Markdown. */
  readonly description?: string;
  readonly tags?: readonly string[];
  /** What the app sends there. */
  readonly sends: readonly DocumentedMessage[];
  /** What the app takes from there. */
  readonly receives: readonly DocumentedMessage[];
}
