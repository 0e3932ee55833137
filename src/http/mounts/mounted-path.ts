import { CortadoError, invalidOption } from '../../base/error.ts';
import { HttpError } from '../request/http-error.ts';

const prefixShape = /^(?:\/[A-Za-z0-9\-._~]+)+$/;
const dots = /^\.{1,2}$/;

/**
 * The prefix of a mount as it is used: empty for `/`.
 *
 * @throws CortadoError `CORTADO_PATH_INVALID`.
 */
export function checkPrefix(prefix: unknown): string {
  if (typeof prefix !== 'string')
    throw invalidOption("app.mount(): the prefix comes first, app.mount('/sub', other) for example.");
  if (prefix === '/' || prefix === '') return '';
  const isPath = prefixShape.test(prefix) && !prefix.split('/').some((segment) => dots.test(segment));
  if (isPath) return prefix;
  throw new CortadoError(
    'CORTADO_PATH_INVALID',
    `app.mount(): the prefix "${prefix}" must start with "/", must not end with it, and has letters, digits and -._~ between; parameters do not go into it.`,
  );
}

/**
 * What is left of a path, with its query, below a prefix; `undefined` where it does not lie there. The router has decoded the path before it
 * chose the mount, so letters of the prefix may come encoded.
 */
export function belowPrefix(prefix: string, path: string): string | undefined {
  let at = 0;
  for (const wanted of prefix) {
    const isEncoded = path[at] === '%';
    const found = isEncoded ? String.fromCharCode(Number.parseInt(path.slice(at + 1, at + 3), 16)) : path[at];
    if (found?.toLowerCase() !== wanted.toLowerCase()) return undefined;
    at += isEncoded ? 3 : 1;
    // Where the router takes several slashes for one.
    if (wanted === '/') while (path[at] === '/') at++;
  }
  const rest = path.slice(at);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : undefined;
}

/**
 * Refuses a path with segments that lead upwards, or an empty one in front, however they are written: what it is handed on to may take it for
 * another one than was chosen here, behind the guards of this app. Clients resolve dots before they ask.
 *
 * @throws HttpError 400.
 */
export function refuseMisleading(path: string): void {
  const [bare = ''] = path.split('?', 1);
  if (/^\/(?:\/|\\|%2f|%5c)/i.test(bare)) throw new HttpError(400, 'Invalid path');
  if (!/\.|%2e/i.test(bare)) return;
  const segments = bare
    .replace(/%2e/gi, '.')
    .replace(/%2f|%5c|\\/gi, '/')
    .split('/');
  if (segments.some((segment) => dots.test(segment.split(';', 1)[0]!))) throw new HttpError(400, 'Invalid path');
}
