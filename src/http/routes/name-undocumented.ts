import type { Logger } from '../../base/logger.ts';
import type { Route } from '../../declare/route/route.ts';
import { isUnknown } from '../../openapi/document.ts';

/** Names the routes that the document should have and cannot. */
export function nameUndocumented(log: Logger, planned: readonly Route[]): void {
  const lost = planned.filter((route) => isUnknown(route) && route.definition.settings.documented !== false);
  const names = lost.map(({ name }) => name);
  if (names.length > 0)
    log.info({ routes: names }, `not in the document, as OpenAPI 3.1 does not know their method: ${names.join(', ')}`);
}
