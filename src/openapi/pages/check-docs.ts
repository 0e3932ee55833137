import { checkOptions } from '../../base/check-options.ts';
import { flag, object, orFalse, type Rules, shown, string, texts } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { DocsOptions, SwaggerUiOAuth } from '../../declare/route/api-info.ts';
import { checkJson } from '../options/check-json.ts';

const rules: Rules<DocsOptions> = {
  openapi: orFalse(string),
  swagger: orFalse(string),
  redoc: orFalse(string),
  asyncapi: orFalse(string),
  persistAuthorization: flag,
  swaggerUiParameters: object,
  swaggerUiInitOAuth: object,
};

const oauthRules: Rules<SwaggerUiOAuth> = {
  clientId: string,
  appName: string,
  realm: string,
  scopes: texts,
  scopeSeparator: string,
  additionalQueryStringParams: object,
  useBasicAuthenticationWithAccessCodeGrant: flag,
  usePkceWithAuthorizationCodeGrant: flag,
};

// What the page itself says, and where else it is said.
const own: Readonly<Record<string, string>> = {
  url: 'docs.openapi',
  urls: 'docs.openapi',
  spec: 'docs.openapi',
  configUrl: 'docs.swaggerUiParameters alone',
  dom_id: 'the page',
  domNode: 'the page',
  oauth2RedirectUrl: 'the page',
  persistAuthorization: 'docs.persistAuthorization',
};

/** Checks where and how the documentation is served. */
export function checkDocs(options: DocsOptions): void {
  checkOptions('docs', options, rules);
  const { swagger, openapi, swaggerUiParameters: parameters, swaggerUiInitOAuth: oauth } = options;
  const given = Object.keys(options).find((name) => name.startsWith('swaggerUi'));
  if ((swagger === false || openapi === false) && given !== undefined)
    throw invalidOption(`docs: ${given} is for Swagger UI, which is switched off.`);
  checkJson('docs: swaggerUiParameters', parameters);
  for (const [name, place] of Object.entries(own))
    if (parameters !== undefined && name in parameters)
      throw invalidOption(`docs: swaggerUiParameters cannot have ${name}: ${place} says it.`);
  if (oauth === undefined) return;
  if ('clientSecret' in oauth)
    throw invalidOption('docs: swaggerUiInitOAuth cannot have a clientSecret: everybody can read the page.');
  checkOptions('docs: swaggerUiInitOAuth', oauth, oauthRules);
  for (const [name, value] of Object.entries(oauth.additionalQueryStringParams ?? {}))
    if (typeof value !== 'string')
      throw invalidOption(
        `docs: swaggerUiInitOAuth: additionalQueryStringParams.${name} must be a text, not ${shown(value)}.`,
      );
}
