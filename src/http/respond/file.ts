import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { CortadoError } from '../../base/error.ts';
import { currentFrame } from '../../concurrency/frame.ts';
import { type FileAnswer, folderOf } from '../../declare/file-answer.ts';
import type { Route } from '../../declare/route/route.ts';
import { type ByteRange, byteRanges } from '../files/byte-ranges.ts';
import { mayResume, unmet, type Validators } from '../files/conditions.ts';
import { disposition } from '../files/disposition.ts';
import { FileStream, readPart } from '../files/file-stream.ts';
import { type FoundFile, lookUpFile } from '../files/look-up-file.ts';
import { isPackable, mediaTypeOf } from '../files/media-type.ts';
import { contentRange, multipartRanges } from '../files/multipart-ranges.ts';
import { hasSetStatus, type RequestContext } from '../request/context.ts';
import { HttpError } from '../request/http-error.ts';
import { type Answer, isStream, safeHeaders } from './answer.ts';

// Bytes. What is smaller is read at once, and sent like any whole answer.
const mostAtOnce = 64 * 1024;

/** Compiles how a route answers with files. */
export function fileResponder(route: Route): (given: FileAnswer) => Promise<Answer> {
  return async (given) => {
    const context = currentFrame()!.scope!.context as RequestContext;
    const { headers, url } = context;
    const found = await lookUpFile(given, folderOf(given), headers['accept-encoding'] as string | undefined);
    if (found.kind === 'folder') return slashAdded(url);
    if (found.kind === 'missing') {
      if (given.root !== undefined && found.error === undefined) throw new HttpError(404, 'Not Found');
      const message = `${route.name}: file(): "${given.path}" cannot be sent: ${found.why}.`;
      throw new CortadoError('CORTADO_RESPONSE_INVALID', message, { cause: found.error });
    }
    let isHeld = false;
    try {
      const answer = await answerOf(route, given, found, context);
      isHeld = isStream(answer);
      return answer;
    } finally {
      if (!isHeld) await found.handle.close();
    }
  };
}

async function answerOf(route: Route, given: FileAnswer, found: FoundFile, context: RequestContext): Promise<Answer> {
  const { handle, stat } = found;
  const { method, headers: asked } = context;
  const { size } = stat;
  const validators = validatorsOf(given, stat, found.encoding);
  const type = typeOf(route, given, found);
  const headers: Record<string, string> = {
    'content-type': type,
    'accept-ranges': 'bytes',
    ...furtherHeaders(route, given, found),
    ...safeHeaders,
    ...given.headers,
    ...validators,
  };
  const status = given.status ?? found.status;
  const usual = status ?? route.status;
  const isSelected = (method === 'GET' || method === 'HEAD') && usual < 300 && !hasSetStatus(context);
  const instead = isSelected ? unmet(asked, validators) : undefined;
  if (instead === 412) throw new HttpError(412, 'Precondition Failed');
  if (instead === 304) return { status: 304, headers: stateOf(headers), body: undefined };
  const whole: ByteRange = { start: 0, end: size - 1 };
  // Only GET has ranges (RFC 9110, 14.2).
  const ranges =
    isSelected && method === 'GET' && usual === 200 && asked.range !== undefined && mayResume(asked, validators)
      ? byteRanges(asked.range, size)
      : undefined;
  if (ranges?.length === 0)
    throw new HttpError(416, 'Range Not Satisfiable', { headers: { 'content-range': `bytes */${size}` } });
  if (method === 'HEAD') return { status, headers: { ...headers, 'content-length': String(size) }, body: undefined };
  if (ranges === undefined) return bytesOf(handle, status, headers, whole);
  if (ranges.length === 1)
    return bytesOf(handle, 206, { ...headers, 'content-range': contentRange(ranges[0]!, size) }, ranges[0]!);
  const several = multipartRanges(ranges, size, type);
  const described = { ...headers, 'content-type': several.type, 'content-length': String(several.length) };
  return { status: 206, headers: described, body: new FileStream(handle, several.parts), standsAlone: true };
}

async function bytesOf(
  handle: FileHandle,
  status: number | undefined,
  headers: Answer['headers'],
  range: ByteRange,
): Promise<Answer> {
  const length = range.end - range.start + 1;
  if (length <= mostAtOnce) return { status, headers, body: await readPart(handle, range) };
  const body = new FileStream(handle, [range]);
  return { status, headers: { ...headers, 'content-length': String(length) }, body, standsAlone: true };
}

function validatorsOf({ headers = {} }: FileAnswer, stat: Stats, encoding: string | undefined): Validators {
  const { etag, 'last-modified': lastModified } = headers;
  return {
    etag:
      etag ??
      `"${stat.size.toString(36)}-${Math.round(stat.mtimeMs * 1000).toString(36)}${encoding ? `-${encoding}` : ''}"`,
    // None in the future (RFC 9110, 8.8.2.1).
    'last-modified': lastModified ?? new Date(Math.min(stat.mtimeMs, Date.now())).toUTCString(),
  };
}

function typeOf({ definition: { media } }: Route, given: FileAnswer, found: FoundFile): string {
  const { type, name } = given;
  const declared = folderOf(given) ? undefined : media?.mediaType;
  const said = type ?? declared ?? (name === undefined ? found.type : mediaTypeOf(name));
  return /^text\//.test(said) && !/;\s*charset=/i.test(said) ? `${said}; charset=utf-8` : said;
}

function furtherHeaders({ plan }: Route, given: FileAnswer, found: FoundFile): Record<string, string> {
  const { name, disposition: kind, cacheControl } = given;
  const folder = folderOf(given);
  const isKept = folder?.immutable?.test(found.name) === true && found.status === undefined;
  // What a guard has let through is for this client alone.
  const keepers = plan.guards.length > 0 ? 'private' : 'public';
  const cached = isKept ? `${keepers}, max-age=31536000, immutable` : cacheControl;
  const vary = [
    ...(folder?.precompressed && isPackable(found.type) ? ['accept-encoding'] : []),
    ...(found.status === undefined ? [] : ['accept']),
  ];
  return {
    ...((name !== undefined || kind !== undefined) && {
      'content-disposition': disposition(kind ?? 'attachment', name ?? basename(given.path)),
    }),
    ...(cached !== undefined && { 'cache-control': cached }),
    ...(found.encoding !== undefined && { 'content-encoding': found.encoding }),
    ...(vary.length > 0 && { vary: vary.join(', ') }),
  };
}

// What RFC 9110, 15.4.5 has a 304 say.
const ofNotModified: readonly string[] = [
  'etag',
  'last-modified',
  'cache-control',
  'content-location',
  'expires',
  'vary',
];

function stateOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => ofNotModified.includes(name)));
}

// Relative, as a proxy may have taken a prefix away; browsers take a backslash for a slash.
function slashAdded(url: string): Answer {
  const [path = '/', ...search] = url.split('?');
  const last = path.slice(path.lastIndexOf('/') + 1).replaceAll('\\', '%5C');
  const location = search.length === 0 ? `./${last}/` : `./${last}/?${search.join('?')}`;
  return { status: 307, headers: { location }, body: undefined };
}
