import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { SendResult } from '@fastify/send';
import type { FileAnswer, FolderRules } from '../../declare/file-answer.ts';
import { acceptedPackings } from './accepted.ts';
import { loadSend } from './load-send.ts';
import { isPackable, mediaTypeOf } from './media-type.ts';

/** An open file, which whoever has it closes. */
export interface FoundFile {
  readonly kind: 'file';
  readonly handle: FileHandle;
  readonly stat: Stats;
  /** Its path below the root, or its name. */
  readonly name: string;
  /** Media type by its name. */
  readonly type: string;
  /** How it is packed. */
  readonly encoding?: string;
  /** Status of a file that is sent in the place of one that is not there. */
  readonly status?: number;
}

/** What is there for a path; `missing` says why nothing is. */
export type FileLookup =
  | FoundFile
  | { readonly kind: 'folder' }
  | { readonly kind: 'missing'; readonly why: string; readonly error?: unknown };

interface Place {
  readonly root: string;
  readonly name: string;
  /** Whether the file must be below the root, wherever links lead. */
  readonly isConfined: boolean;
  readonly index: string | undefined;
}

// A request that asks for nothing. Conditions, ranges and bytes are Cortado's own: @fastify/send has weak tags alone, compares them where RFC 9110
// wants strong ones, sends one range, to HEAD as well, and opens by name what it has looked at before.
const bare = { method: 'HEAD', headers: {} } as never;
const plain = {
  acceptRanges: false,
  cacheControl: false,
  etag: false,
  lastModified: false,
  contentType: false,
} as const;

/** Finds and opens the file of an answer, or of a folder what stands for it. */
export async function lookUpFile(
  answer: FileAnswer,
  folder: FolderRules | undefined,
  accept?: string,
): Promise<FileLookup> {
  const { path, root } = answer;
  if (root === undefined) {
    const whole = resolve(path);
    return openAt({ root: dirname(whole), name: basename(whole), isConfined: false, index: undefined });
  }
  const place = { root: resolve(root), isConfined: true, index: folder?.index };
  const found = await openPacked({ ...place, name: path }, folder, accept);
  if (found.kind !== 'missing' || folder === undefined) return found;
  for (const { path: name, status } of folder.fallbacks) {
    const other = await openPacked({ ...place, name }, folder, accept);
    if (other.kind === 'file') return { ...other, status };
  }
  return found;
}

/** Whether there is a file for a path of a folder. */
export async function hasFile(root: string, path: string, index: string | undefined): Promise<boolean> {
  const { type } = await look({ root: resolve(root), name: path, isConfined: true, index });
  return type === 'file';
}

async function openPacked(place: Place, folder: FolderRules | undefined, accept?: string): Promise<FileLookup> {
  const seen = await look(place);
  if (seen.type === 'directory') return openIndex(place);
  if (seen.type === 'error') return missing(seen.metadata.error);
  const { path } = seen.metadata;
  const type = mediaTypeOf(path);
  if (folder?.precompressed && isPackable(type))
    for (const { encoding, ending } of acceptedPackings(accept)) {
      const packed = await openFile(place, `${path}${ending}`, type);
      if (packed.kind === 'file') return { ...packed, encoding };
    }
  return openFile(place, path, type);
}

async function openAt(place: Place): Promise<FileLookup> {
  const seen = await look(place);
  if (seen.type === 'error') return missing(seen.metadata.error);
  if (seen.type === 'directory') return { kind: 'missing', why: 'it is a folder' };
  return openFile(place, seen.metadata.path, mediaTypeOf(seen.metadata.path));
}

// A folder without its last slash: links of its page would lead elsewhere.
async function openIndex(place: Place): Promise<FileLookup> {
  const { index, root, name } = place;
  if (index === undefined || name === '') return { kind: 'missing', why: 'it is a folder' };
  return (await hasFile(root, `${name}/`, index)) ? { kind: 'folder' } : { kind: 'missing', why: 'it is a folder' };
}

/** Looks where a path leads: the name of a client is decoded once, stays below its root, and is that of no hidden file. */
function look({ root, name, isConfined, index }: Place): Promise<SendResult> {
  const address = name.toWellFormed().split('/').map(encodeURIComponent).join('/');
  // The folder itself.
  const path = address === '' ? '/' : address;
  return loadSend().send(bare, path, {
    ...plain,
    root,
    dotfiles: isConfined ? 'ignore' : 'allow',
    index: index ?? false,
  });
}

const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

async function openFile({ root, isConfined }: Place, path: string, type: string): Promise<FileLookup> {
  let handle: FileHandle | undefined;
  try {
    // A pipe would keep a thread until somebody writes to it.
    const flags = O_RDONLY | O_NONBLOCK;
    const real = isConfined ? await realpath(path) : path;
    if (real !== path && isConfined && !isBelow(real, await realpath(root)))
      return { kind: 'missing', why: 'a link leads out of its folder' };
    handle = await open(real, isConfined ? flags | O_NOFOLLOW : flags);
    const stat = await handle.stat();
    if (stat.isFile()) {
      const found: FoundFile = { kind: 'file', handle, stat, name: path.slice(root.length), type };
      handle = undefined;
      return found;
    }
    return { kind: 'missing', why: 'it is no file' };
  } catch (error) {
    return missing(error);
  } finally {
    await handle?.close();
  }
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : join(root, sep));
}

const absent: readonly string[] = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EISDIR', 'ENXIO'];

// What is there and cannot be read is nothing that a client has to do with.
function missing(error: unknown): FileLookup {
  const { code, status = 500, statusCode = status } = error as { code?: string; status?: number; statusCode?: number };
  if (absent.includes(code ?? '')) return { kind: 'missing', why: 'it does not exist' };
  if (code === undefined && statusCode < 500) return { kind: 'missing', why: 'its name is refused' };
  return { kind: 'missing', why: `it cannot be read (${code ?? String(error)})`, error };
}
