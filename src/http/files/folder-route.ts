import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkOptions } from '../../base/check-options.ts';
import { choice, dependencies, flag, object, orFalse, type Rules, string, texts } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import { processSettings } from '../../base/process/process-settings.ts';
import { type FolderRules, fileAnswer, pathOf } from '../../declare/file-answer.ts';
import { path } from '../../declare/param.ts';
import { content } from '../../declare/route/media.ts';
import type { RouteDefinition, RouteSettings } from '../../declare/route/route.ts';
import { fromJsonSchema } from '../../schema/from-json-schema.ts';
import type { RequestContext } from '../request/context.ts';
import { HttpError } from '../request/http-error.ts';
import { wantsPage } from './accepted.ts';
import { loadSend } from './load-send.ts';
import { hasFile } from './look-up-file.ts';

/** What a folder's route can be told as any other. */
type Guarding = Pick<RouteSettings, 'guards' | 'scopes' | 'limits' | 'config' | 'documented' | 'tags' | 'summary'>;

/** Options of `app.static`. */
export interface StaticOptions extends Guarding {
  /** File that stands for its folder, `index.html` for example. Default `false`: folders are 404. */
  readonly index?: string | false;
  /** `cache-control` of all files that are not `immutable`. Default `no-cache`: kept, and asked for each time, which costs a 304. */
  readonly cacheControl?: string;
  /**
   * Files that never change under their name, which caches keep for a year: those with a hash in their name (`true`), or whose path below the
   * folder fits. Default `false`.
   */
  readonly immutable?: boolean | RegExp;
  /** Sends `app.js.br`, `.zst` or `.gz` in the place of `app.js` to clients that can unpack it. Default `false`. */
  readonly precompressed?: boolean;
  /** Keeps it in the OpenAPI document. Default `false`. */
  readonly documented?: boolean;
}

/** Options of `app.frontend`. */
export interface FrontendOptions extends Omit<StaticOptions, 'index'> {
  /** Path below which it is served. Default `/`. */
  readonly prefix?: string;
  /**
   * What is sent for a path that is no file. `index.html`: the page, with 200, to whoever asks for a page. `404.html`: that page, with 404.
   * `auto` (default): the second where the folder has one, else the first. `false`: a 404 as for any unknown path.
   */
  readonly fallback?: 'auto' | 'index.html' | '404.html' | false;
}

const shared = {
  guards: dependencies,
  scopes: texts,
  limits: { wanted: 'false (an app has the others)', fits: (value: unknown) => value === false },
  config: object,
  documented: flag,
  tags: texts,
  summary: string,
  cacheControl: string,
  immutable: {
    wanted: 'true, false or a regular expression',
    fits: (value: unknown) => typeof value === 'boolean' || value instanceof RegExp,
  },
  precompressed: flag,
};
const staticRules: Rules<StaticOptions> = { ...shared, index: orFalse(string) };
const frontendRules: Rules<FrontendOptions> = {
  ...shared,
  prefix: string,
  fallback: orFalse(choice('auto', 'index.html', '404.html')),
};

/** The route of `app.static`. */
export function staticRoute(prefix: string, folder: string | URL, options: StaticOptions): RouteDefinition {
  checkOptions('static()', options, staticRules);
  const { index = false, immutable = false, precompressed = false, ...rest } = options;
  const root = rootOf('static()', folder);
  if (!isFolder(root)) throw noFolder('static()', root);
  const rules = {
    index: index === false ? undefined : index,
    precompressed,
    immutable: pattern(immutable),
    fallbacks: [],
  };
  return folderRoute('static()', prefix, { root, index: rules.index }, rest, () => rules);
}

/** The route of `app.frontend`. */
export function frontendRoute(folder: string | URL, options: FrontendOptions): RouteDefinition {
  const owner = 'frontend()';
  checkOptions(owner, options, frontendRules);
  const { prefix = '/', fallback = 'auto', immutable = true, precompressed = true, ...rest } = options;
  const root = rootOf(owner, folder);
  checkBuilt(owner, root, fallback);
  const rules = (fallbacks: FolderRules['fallbacks']): FolderRules => ({
    index: 'index.html',
    precompressed,
    immutable: pattern(immutable),
    fallbacks,
  });
  const forPages = rules([
    ...(fallback === '404.html' || fallback === 'auto' ? [{ path: '404.html', status: 404 }] : []),
    ...(fallback === 'index.html' || fallback === 'auto' ? [{ path: 'index.html', status: 200 }] : []),
  ]);
  const forOthers = rules(forPages.fallbacks.filter(({ status }) => status === 404));
  return folderRoute(owner, prefix, { root, index: 'index.html' }, rest, ({ headers }) =>
    wantsPage(headers.accept) ? forPages : forOthers,
  );
}

const rest = path(fromJsonSchema<string>({ type: 'string' }), { description: 'Path of a file' });

function folderRoute(
  owner: string,
  prefix: string,
  { root, index }: { readonly root: string; readonly index: string | undefined },
  { cacheControl = 'no-cache', documented = false, ...settings }: Guarding & { readonly cacheControl?: string },
  rulesFor: (context: RequestContext) => FolderRules,
): RouteDefinition {
  loadSend();
  const base = prefix === '/' ? '' : prefix;
  if (typeof prefix !== 'string' || (base !== '' && !base.startsWith('/')) || base.endsWith('/') || /[{}]/.test(base))
    throw new CortadoError(
      'CORTADO_PATH_INVALID',
      `${owner}: prefix "${String(prefix)}" must start with "/", must not end with "/", and has no parameters.`,
    );
  const handler = ({ path: name }: { path: string }, context: RequestContext) => {
    // To the router an encoded slash is a part of a name, to the file system it is none.
    if (/%2f|%5c|\\/i.test(context.url.split('?', 1)[0]!)) throw new HttpError(404, 'Not Found');
    return fileAnswer(name, { root, cacheControl }, rulesFor(context));
  };
  return {
    method: 'GET',
    path: `${base}/{path:path}`,
    params: { path: rest },
    response: undefined,
    media: content('application/octet-stream'),
    settings: { ...settings, documented },
    folder: { has: (name) => hasFile(root, name, index) },
    handler: handler as unknown as RouteDefinition['handler'],
  };
}

// As Vite, Rollup and esbuild write them (eight letters or more), and webpack and Parcel (hexadecimal).
const hashed =
  /[.-](?:(?=[\w-]{0,7}[a-z])(?=[\w-]{0,7}\d|[\w-]{1,7}[A-Z])[\w-]{8}|(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{8}|(?=[a-f]*\d)(?=\d*[a-f])[\da-f]{8,64})(?:\.[a-z\d]+){1,2}$/;

function pattern(immutable: boolean | RegExp): RegExp | undefined {
  if (typeof immutable === 'boolean') return immutable ? hashed : undefined;
  // One that goes on from its last place would fit every other time.
  return new RegExp(immutable.source, immutable.flags.replace(/[gy]/g, ''));
}

function rootOf(owner: string, folder: unknown): string {
  if (typeof folder !== 'string' && !(folder instanceof URL))
    throw invalidOption(`${owner}: the folder is a path or a file: URL.`);
  return resolve(pathOf(folder));
}

function isFolder(root: string): boolean {
  return statSync(root, { throwIfNoEntry: false })?.isDirectory() === true;
}

function noFolder(owner: string, root: string): CortadoError {
  return invalidOption(`${owner}: there is no folder ${root}.`);
}

// While it is developed a front end may have a server of its own, and not be built.
function checkBuilt(owner: string, root: string, fallback: string | false): void {
  if (!isFolder(root)) {
    if (processSettings().mode !== 'development') throw noFolder(owner, root);
    process.emitWarning(`${owner}: there is no folder ${root}, so its paths are 404 until it is built.`);
  } else if (
    fallback !== false &&
    fallback !== 'auto' &&
    !statSync(join(root, fallback), { throwIfNoEntry: false })?.isFile()
  )
    throw invalidOption(`${owner}: there is no ${fallback} in ${root}.`);
}
