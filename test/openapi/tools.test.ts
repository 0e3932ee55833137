import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needOpenApiTools, runTool } from '../support/openapi-tools.ts';
import { broadApp } from './broad-app.ts';

const skip = needOpenApiTools() ?? false;

const versions = [
  ['fastapi', '3.1.0'],
  ['problem', '3.1.0'],
  ['fastapi', '3.2.0'],
] as const;
for (const [errors, openapiVersion] of versions) {
  const document = JSON.stringify(broadApp({ errors, openapiVersion }).openapi());
  // Tools read what an example refers to.
  const files = { 'openapi.json': document, 'large.json': '{}' };
  const what = `OpenAPI ${openapiVersion}, errors: '${errors}'`;

  test(`${what}: Redocly finds no error in the document`, { skip }, () => {
    const { ok, output } = runTool('redocly', ['lint', 'openapi.json'], { ...files });
    assert.ok(ok, output);
    assert.doesNotMatch(output, /Error was generated/);
  });

  test(`${what}: openapi-typescript makes a client's types of it`, { skip }, () => {
    const made = runTool('openapi-typescript', ['openapi.json', '--default-non-nullable=false'], {
      ...files,
    });
    assert.ok(made.ok, made.output);
    const types = made.output.slice(made.output.indexOf('/**'));
    const client = `import type { components, operations, paths } from './api.ts';
type Drink = components['schemas']['Drink-Output'];
const drink: Drink = { name: 'tea', price: 2, size: 'small' };
const sent: components['schemas']['Drink-Input'] = { name: 'tea' };
const listed: operations['listDrinks_drinks_get']['responses'][200]['content']['application/json'] = [drink];
const query: paths['/drinks']['get']['parameters']['query'] = { limit: 5, q: 'tea' };
const path: paths['/drinks/{drink_id}']['get']['parameters']['path'] = { drink_id: 1 };
const payment: paths['/pay']['post']['requestBody']['content']['application/json'] = { kind: 'cash', paid: 1 };
// @ts-expect-error: no such size
const wrong: Drink = { ...drink, size: 'huge' };
export { drink, listed, path, payment, query, sent, wrong };
`;
    const checked = runTool(
      'tsc',
      ['--noEmit', '--strict', '--allowImportingTsExtensions', '--module', 'nodenext', 'client.ts'],
      {
        'api.ts': types,
        'client.ts': client,
      },
    );
    assert.ok(checked.ok, checked.output);
  });
}
