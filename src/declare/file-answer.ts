import { fileURLToPath } from 'node:url';
import { checkOptions } from '../base/check-options.ts';
import { choice, either, object, type Rules, string, whole } from '../base/check-values.ts';
import { invalidOption } from '../base/error.ts';
import { nodeHttp } from '../base/node-http.ts';

/** Options of `file()` as an answer. */
export interface FileOptions {
  /**
   * Confines a name that a client has given to a folder: what is not in it, by way of `..`, a symbolic link or a file whose name begins with a
   * dot, is a 404, as is what does not exist. Without it the path is the app's own, and a missing file is a 500.
   */
  readonly root?: string | URL;
  /** Media type. Default: by the ending of `name`, or of the path. */
  readonly type?: string;
  /** Name under which browsers store it; says `attachment` where `disposition` says nothing else. FastAPI's `filename`. */
  readonly name?: string;
  /** Whether browsers store the file or show it. Default: they decide, unless there is a `name`. */
  readonly disposition?: 'attachment' | 'inline';
  /** Further headers, names in lower case; an `etag` or `last-modified` among them is what conditions are compared with. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long caches may keep it, `public, max-age=3600` for example. Default: the header is not sent. */
  readonly cacheControl?: string;
  /** Status. Default: the route's. Other ones than 200 have no ranges. */
  readonly status?: number;
}

/** How the files of a folder are served. */
export interface FolderRules {
  /** Name of the file that stands for a folder. */
  readonly index: string | undefined;
  /** Whether files packed beside, `app.js.br` for example, are sent to clients that can unpack them. */
  readonly precompressed: boolean;
  /** Names of files that never change. */
  readonly immutable: RegExp | undefined;
  /** What is sent where there is no such file: the first of these that exists. */
  readonly fallbacks: readonly { readonly path: string; readonly status: number }[];
}

// A symbol, so that no JSON that a handler passes on can be taken for one; a registered one, whichever copy of Cortado made it.
const fileMark: unique symbol = Symbol.for('cortado.file-answer') as never;

/** A file as the answer of a handler, made by `file()`: plain data, of which the file is opened once the handler has returned it. */
export interface FileAnswer extends Omit<FileOptions, 'root'> {
  readonly path: string;
  readonly root?: string;
  readonly [fileMark]: FolderRules | undefined;
}

const rules: Rules<FileOptions> = {
  root: either(string, { wanted: 'a URL of a folder', fits: (value) => value instanceof URL }),
  type: string,
  name: string,
  disposition: choice('attachment', 'inline'),
  headers: object,
  cacheControl: string,
  status: { ...whole(200, '', 599), wanted: 'a number from 200 to 599' },
};

export function fileAnswer(path: string | URL, options: FileOptions, folder?: FolderRules): FileAnswer {
  checkOptions('file()', options, rules);
  const { root, headers = {}, ...rest } = options;
  if (root !== undefined && path instanceof URL)
    throw invalidOption('file(): with a root the path is a name inside of it, not a URL.');
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    nodeHttp.validateHeaderName(name);
    nodeHttp.validateHeaderValue(name, value);
    if (framing.includes(name.toLowerCase()))
      throw invalidOption(
        `file(): ${name.toLowerCase()} is said by what is sent of the file, so headers cannot have it.`,
      );
    own[name.toLowerCase()] = value;
  }
  for (const value of [rest.type, rest.cacheControl])
    if (value !== undefined) nodeHttp.validateHeaderValue('content-type', value);
  return {
    ...rest,
    path: pathOf(path),
    ...(root !== undefined && { root: pathOf(root) }),
    ...(headers && { headers: own }),
    [fileMark]: folder,
  };
}

const framing: readonly string[] = ['content-length', 'content-range', 'transfer-encoding'];

/** The path of a file or a folder that was given as a text or a URL. */
export function pathOf(place: string | URL): string {
  return place instanceof URL ? fileURLToPath(place) : place;
}

export function isFileAnswer(value: object): value is FileAnswer {
  return fileMark in value;
}

/** How the folder is served that a file is of, where it is of one. */
export function folderOf(answer: FileAnswer): FolderRules | undefined {
  return answer[fileMark];
}
