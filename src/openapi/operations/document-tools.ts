import type { ErrorFormat, OpenApiVersion } from '../../declare/route/api-info.ts';
import type { Components } from '../schemas/components.ts';
import type { OperationIds } from './operation-ids.ts';
import type { SecuritySchemes } from './security-schemes.ts';

/** What all operations of a document share. */
export interface DocumentTools {
  readonly components: Components;
  readonly schemes: SecuritySchemes;
  readonly ids: OperationIds;
  /** How the app's errors look; `undefined` for a request that the app sends, as somebody else answers it. */
  readonly errors: ErrorFormat | undefined;
  readonly version: OpenApiVersion;
}
