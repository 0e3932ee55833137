import { checkOptions } from '../../base/check-options.ts';
import * as must from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { isSchema } from '../../schema/standard.ts';

type Rules = Readonly<Record<string, must.Rule>>;

/** What a route, a router, an app and an inclusion can all be told. */
const common: Rules = {
  guards: must.dependencies,
  responses: must.object,
  deprecated: must.flag,
  documented: must.flag,
};

const sharedRules: Rules = { ...common, prefix: must.text, tags: must.texts, scopes: must.texts };

const routeRules: Rules = {
  ...common,
  params: must.object,
  status: { ...must.whole(200, '', 599), wanted: 'a number from 200 to 599' },
  timeout: must.milliseconds,
  bodyLimit: must.whole(1, 'bytes, '),
  coerceBody: must.flag,
  limits: { wanted: 'false (an app has the others)', fits: (value) => value === false },
  config: must.object,
  tags: must.texts,
  scopes: must.texts,
  summary: must.text,
  description: must.text,
  operationId: must.text,
  responseDescription: must.text,
};

const appRules: Rules = {
  ...common,
  title: must.text,
  version: must.text,
  summary: must.text,
  description: must.text,
  termsOfService: must.text,
  contact: must.object,
  license: must.object,
  servers: must.objects,
  tags: must.objects,
  externalDocs: must.object,
  docs: must.orFalse(must.object),
  errors: must.oneOf('fastapi', 'problem'),
  coerceBody: must.flag,
  bodyLimit: must.whole(1, 'bytes, '),
  sendTimeout: must.anyMilliseconds,
  redirectSlashes: must.flag,
  logger: must.orFalse({ ...must.object, wanted: 'a logger, an object of options of pino' }),
  accessLog: must.flag,
  server: must.object,
  loop: must.orFalse(must.object),
  limits: must.object,
};

/** Checks the values of a route's options. */
export function checkRouteValues(owner: string, options: object): void {
  check(owner, options, routeRules);
}

/** Checks the values of what a router or an inclusion adds. */
export function checkSharedValues(owner: string, options: object): void {
  check(owner, options, sharedRules);
}

/** Checks the values of an app's options. */
export function checkAppValues(options: object): void {
  check('App', options, appRules);
}

function check(owner: string, options: object, rules: Rules): void {
  must.checkValues(owner, options, rules);
  const { responses = {} } = options as { responses?: object };
  for (const [status, response] of Object.entries(responses)) checkResponse(owner, status, response);
}

const responseRules: Rules = {
  description: must.text,
  mediaType: must.text,
  schema: { wanted: 'a Standard Schema, z.object({ … }) for example', fits: isSchema },
};

function checkResponse(owner: string, status: string, response: object): void {
  if (!/^[1-5]\d\d$/.test(status))
    throw new CortadoError(
      'CORTADO_OPTION_INVALID',
      `${owner}: the keys of responses must be statuses from 100 to 599, not "${status}".`,
    );
  const inner = `${owner}: responses ${status}`;
  checkOptions(inner, response, Object.keys(responseRules));
  must.checkValues(inner, response, responseRules);
}

const closeRules: Rules = {
  deadline: must.anyMilliseconds,
  drain: must.anyMilliseconds,
  linger: must.anyMilliseconds,
};

/** Checks the options of a stop. */
export function checkClose(owner: string, options: object): void {
  if (typeof options === 'number')
    throw new CortadoError('CORTADO_OPTION_INVALID', `${owner}: write { deadline: ${options} }, in milliseconds.`);
  checkOptions(owner, options, ['deadline', 'drain', 'linger']);
  must.checkValues(owner, options, closeRules);
}

// A port that stands in the environment is a text.
const isPort = (value: unknown): boolean => /^\d{1,5}$/.test(String(value)) && Number(value) < 65_536;

const listenRules: Rules = {
  host: must.text,
  port: { wanted: 'a whole number from 0 to 65535', fits: isPort },
};

/** Checks what `app.listen()` was given; other frameworks take a port and a function instead. */
export function checkListen([options = {}, ...more]: readonly unknown[]): void {
  const write = (text: string): CortadoError =>
    new CortadoError('CORTADO_OPTION_INVALID', `app.listen(): write ${text}.`);
  const calls = [options, ...more].some((argument) => typeof argument === 'function');
  if (isPort(options) && !Array.isArray(options)) {
    const host = typeof more[0] === 'string' ? `, host: ${must.shown(more[0])}` : '';
    throw write(`${calls ? 'const address = ' : ''}await app.listen({ port: ${String(options)}${host} })`);
  }
  if (calls || more.length > 0)
    throw write('const address = await app.listen({ port: 8000 }), and what follows below it');
  checkOptions('app.listen()', options as object, ['port', 'host']);
  must.checkValues('app.listen()', options as object, listenRules);
}
