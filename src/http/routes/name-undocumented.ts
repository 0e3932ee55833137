import type { Logger } from '../../base/logger.ts';
import type { OpenApiVersion } from '../../declare/route/api-info.ts';
import type { Route } from '../../declare/route/route.ts';
import { isUnknown } from '../../openapi/document.ts';

/** Names the routes that the document should have and cannot. */
export function nameUndocumented(log: Logger, planned: readonly Route[], version: OpenApiVersion = '3.1.0'): void {
  const lost = planned.filter((route) => isUnknown(route, version) && route.definition.settings.documented !== false);
  const names = lost.map(({ name }) => name);
  if (names.length === 0) return;
  const why = "OpenAPI 3.1 does not know their method (openapiVersion: '3.2.0' does)";
  log.info({ routes: names }, `not in the document, as ${why}: ${names.join(', ')}`);
}
