import type { ErrorFormat } from '../declare/route/api-info.ts';
import type { OperationIds } from '../openapi/operations/operation-ids.ts';
import type { Components } from '../openapi/schemas/components.ts';
import type { Access } from './access.ts';
import type { Member } from './document-parts.ts';
import type { UniqueNames } from './unique-names.ts';

/** What all channels of a document share. */
export interface ChannelTools {
  readonly components: Components;
  readonly access: Access;
  readonly channels: UniqueNames;
  readonly operations: UniqueNames;
  /** The names of the operations that have one in the OpenAPI document. */
  readonly ids: OperationIds;
  readonly errors: ErrorFormat;
}

/** A channel as the document has it, and what is done there. */
export interface DescribedChannel {
  readonly key: string;
  /** Which servers it is on: `ws`, `http`, or those of a kind of component. */
  readonly protocol: string;
  readonly channel: Member;
  readonly operations: Readonly<Record<string, Member>>;
}
