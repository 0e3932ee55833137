import { checkOptions } from '../../base/check-options.ts';
import * as must from '../../base/check-values.ts';
import { type CortadoError, invalidOption } from '../../base/error.ts';
import { isRecord } from '../../base/is-record.ts';
import { isMedia } from '../../declare/route/media.ts';
import { checkDocumented, checkOperation } from '../../openapi/options/check-documented.ts';
import { checkInfo, infoRules } from '../../openapi/options/check-info.ts';
import { isSchema } from '../../schema/standard.ts';
import { hostsRule } from '../request/host.ts';
import { normalRootPath } from '../request/root-path.ts';

export const sharedRules: must.Rules = {
  prefix: must.string,
  strictContentType: must.flag,
  defaultResponse: { wanted: "a kind of answer, content('text/html')", fits: isMedia },
  tags: must.texts,
  guards: must.dependencies,
  around: must.arounds,
  scopes: must.texts,
  responses: must.object,
  callbacks: must.object,
  operationId: must.functionRule,
  deprecated: must.flag,
  documented: must.flag,
  forbidExtra: must.flag,
};

/** Schemas by name. */
export const schemas: must.Rule = {
  wanted: 'an object of schemas, { name: z.string() }',
  fits: (value) => isRecord(value) && Object.values(value).every(isSchema),
};

export const routeRules: must.Rules = {
  params: must.object,
  response: must.anything,
  status: { ...must.whole(200, '', 599), wanted: 'a number from 200 to 599' },
  guards: must.dependencies,
  around: must.arounds,
  scopes: must.texts,
  timeout: must.milliseconds,
  bodyLimit: must.whole(1, 'bytes, '),
  responseHeaders: schemas,
  responseCookies: schemas,
  exclude: {
    wanted: "'unset', 'none' or 'defaults', or a list of them",
    fits: (value) => [value].flat().every((one) => one === 'unset' || one === 'none' || one === 'defaults'),
  },
  strictContentType: must.flag,
  coerceBody: must.flag,
  forbidExtra: must.flag,
  limits: { wanted: 'false (an app has the others)', fits: (value) => value === false },
  config: must.object,
  summary: must.string,
  description: must.string,
  tags: must.texts,
  operationId: must.either(must.string, must.functionRule),
  deprecated: must.flag,
  responseDescription: must.string,
  responses: must.object,
  requestBody: must.object,
  callbacks: must.object,
  servers: must.objects,
  externalDocs: must.object,
  openapi: must.object,
  documented: must.flag,
};

const appRules: must.Rules = {
  ...infoRules,
  docs: must.orFalse(must.object),
  errors: must.choice('fastapi', 'problem'),
  coerceBody: must.flag,
  strictContentType: must.flag,
  defaultResponse: sharedRules['defaultResponse']!,
  lifespan: must.functionRule,
  forbidExtra: must.flag,
  bodyLimit: must.whole(1, 'bytes, '),
  uploads: must.object,
  sendTimeout: must.anyMilliseconds,
  rootPath: {
    wanted: "a path as the client sees it, '/api/v1' for example",
    fits: (value) => typeof value === 'string' && (value === '' || normalRootPath(value) !== undefined),
  },
  rootPathInServers: must.flag,
  hosts: hostsRule,
  httpsRedirect: must.flag,
  redirectSlashes: must.flag,
  logger: must.orFalse({ ...must.object, wanted: 'a logger, an object of options of pino' }),
  accessLog: must.flag,
  server: must.object,
  loop: must.orFalse(must.object),
  limits: must.object,
  guards: must.dependencies,
  around: must.arounds,
  responses: must.object,
  callbacks: must.object,
  operationId: must.functionRule,
  deprecated: must.flag,
  documented: must.flag,
};

export function checkAppOptions(options: object): void {
  checkOptions('App', options, appRules);
  checkInfo('App', options);
  checkDocumented('App', options);
}

/** Checks options of a router or a route, what the document reads of them included. */
export function checkRules(owner: string, options: object, rules: must.Rules): void {
  checkOptions(owner, options, rules);
  checkOperation(owner, options);
}

const closeRules: must.Rules = {
  deadline: must.anyMilliseconds,
  drain: must.anyMilliseconds,
  linger: must.anyMilliseconds,
};

export function checkClose(owner: string, options: object): void {
  if (typeof options === 'number') throw invalidOption(`${owner}: write { deadline: ${options} }, in milliseconds.`);
  checkOptions(owner, options, closeRules);
}

// A port that stands in the environment is a text.
const isPort = (value: unknown): boolean => /^\d{1,5}$/.test(String(value)) && Number(value) < 65_536;

const listenRules: must.Rules = {
  port: { wanted: 'a whole number from 0 to 65535', fits: isPort },
  host: must.string,
};

/** Checks what `app.listen()` was given; other frameworks take a port and a function instead. */
export function checkListen([options = {}, ...more]: readonly unknown[]): void {
  const write = (text: string): CortadoError => invalidOption(`app.listen(): write ${text}.`);
  const calls = [options, ...more].some((argument) => typeof argument === 'function');
  if (isPort(options) && !Array.isArray(options)) {
    const host = typeof more[0] === 'string' ? `, host: ${must.shown(more[0])}` : '';
    throw write(`${calls ? 'const address = ' : ''}await app.listen({ port: ${String(options)}${host} })`);
  }
  if (calls || more.length > 0)
    throw write('const address = await app.listen({ port: 8000 }), and what follows below it');
  checkOptions('app.listen()', options as object, listenRules);
}
