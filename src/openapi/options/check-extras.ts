import { invalidOption } from '../../base/error.ts';
import { isRecord } from '../../base/is-record.ts';
import { checkJson } from './check-json.ts';

/** What an operation can have, in OpenAPI 3.2, but for its name, which is an option. */
export const operationMembers: readonly string[] = [
  'tags',
  'summary',
  'description',
  'externalDocs',
  'parameters',
  'requestBody',
  'responses',
  'callbacks',
  'deprecated',
  'security',
  'servers',
];

/** What a document can have, but for its version. */
export const documentMembers: readonly string[] = [
  '$self',
  'info',
  'jsonSchemaDialect',
  'servers',
  'paths',
  'webhooks',
  'components',
  'security',
  'tags',
  'externalDocs',
];

const options: Readonly<Record<string, string>> = { operationId: 'operationId', openapi: 'openapiVersion' };

/** Checks the option `openapi`: members that OpenAPI knows, or whose names begin with `x-`, and values of JSON. */
export function checkExtras(owner: string, extras: unknown, known: readonly string[]): void {
  if (!isRecord(extras)) return;
  for (const name of Object.keys(extras)) {
    if (known.includes(name) || name.startsWith('x-')) continue;
    const what =
      options[name] === undefined ? `OpenAPI knows ${known.join(', ')} and x-…` : `use the option ${options[name]}`;
    throw invalidOption(`${owner}: openapi cannot have ${JSON.stringify(name)}: ${what}.`);
  }
  checkJson(`${owner}: openapi`, extras);
}
