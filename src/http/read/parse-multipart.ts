import type { Readable } from 'node:stream';
import { Busboy, type BusboyConfig, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import { CortadoError } from '../../base/error.ts';
import { HttpError } from '../request/http-error.ts';
import { Spool, type SpooledPart } from '../uploads/spool.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { addTo } from './raw-value.ts';
import { followBytes } from './read-bytes.ts';

/** A request whose body comes in. */
export interface Gathering {
  readonly request: FastifyRequest;
  /** Where the files of its form are, until it is over. */
  spool: Spool | undefined;
}

export type FormValue = string | File;

/** What a form has under each name, in the order in which it came. */
export type FormValues = Map<string, FormValue[]>;

// Bytes of all text fields of a form together, which stay in memory.
const mostText = 16 * 1024 * 1024;

/**
 * Reads a multipart form as it comes: its files go to the request's spool, which holds the client back where the disk is slower.
 *
 * @param limit Bytes of the whole body.
 */
export function parseMultipart(
  gathering: Gathering,
  payload: Readable,
  limit: number,
  uploads: Uploads,
): Promise<FormValues> {
  const { request } = gathering;
  const { raw } = request;
  const { fields, files, fieldSize, fileSize } = uploads.settings;
  const spool = new Spool(uploads);
  gathering.spool = spool;
  const form: FormValues = new Map();
  return new Promise((resolve, reject) => {
    const limits = { fields, files, parts: fields + files, fieldSize, fileSize };
    const parser = parserOf(request.headers as BusboyHeaders, limits);
    if (parser === undefined) return reject(unparsable());
    // It may fail before anything is read.
    let stop = (): Readonly<Record<string, string>> => ({});
    let text = 0;
    let filesOpen = 0;
    let isParsed = false;
    const finishIfDone = (): void => {
      if (isParsed && filesOpen === 0) resolve(form);
    };
    const fail = (error: unknown): void => {
      const headers = stop();
      parser.removeAllListeners().on('error', () => {});
      reject(withHeaders(error, headers));
    };
    const takeFile = async (name: string, stream: Readable, part: SpooledPart): Promise<void> => {
      filesOpen++;
      stream.on('limit', () => fail(new HttpError(413, `A file is larger than ${fileSize} bytes`)));
      // Its place among those of its name is that of its beginning.
      addTo<FormValue>(form, name, '');
      const all = form.get(name)!;
      const at = all.length - 1;
      try {
        for await (const chunk of stream) {
          const written = part.write(chunk as Buffer);
          if (written !== undefined) await written;
        }
        all[at] = await part.end();
        filesOpen--;
        finishIfDone();
      } catch (error) {
        // Busboy tells of a part that breaks off by an error of its stream alone.
        fail(error instanceof Error && 'code' in error ? error : unparsable());
      }
    };
    parser.on('field', (name, value, _isNameCut, isCut) => {
      text += value.length;
      if (isCut) fail(new HttpError(400, `Part exceeded maximum size of ${Math.floor(fieldSize / 1024)}KB.`));
      else if (text > mostText) fail(new HttpError(413, `The text fields are larger than ${mostText} bytes`));
      else addTo(form, name, value);
    });
    parser.on('file', (name, stream, filename, _encoding, type) => {
      void takeFile(name, stream, spool.begin(filename ?? '', type));
    });
    parser.on('drain', () => payload.resume());
    parser.on('fieldsLimit', () => fail(tooMany('fields', fields)));
    // Those without a content-disposition are neither fields nor files.
    parser.on('partsLimit', () => fail(tooMany('parts', fields + files)));
    parser.on('filesLimit', () => fail(tooMany('files', files)));
    parser.on('error', () => fail(unparsable()));
    parser.on('finish', () => {
      isParsed = true;
      finishIfDone();
    });
    stop = followBytes(payload, raw, limit, {
      next: (chunk) => {
        // The disk, or whoever else reads a part, is slower than the client.
        if (!parser.write(chunk)) payload.pause();
      },
      done: (error) => (error === undefined ? parser.end() : fail(error)),
    });
  });
}

// As much as comes at once from a socket several times over, so that the client is held back for the disk alone.
const pieces = 256 * 1024;

function parserOf(headers: BusboyHeaders, limits: BusboyConfig['limits']): BusboyInstance | undefined {
  try {
    return new Busboy({
      headers,
      limits,
      highWaterMark: pieces,
      fileHwm: pieces,
      // Browsers send one for a file, and clients may say of a text that it is bytes.
      isPartAFile: (_name, _type, filename) => filename !== undefined,
    });
  } catch {
    return undefined;
  }
}

export function tooMany(what: string, most: number): HttpError {
  return new HttpError(400, `Too many ${what}. Maximum number of ${what} is ${most}.`);
}

function unparsable(): HttpError {
  return new HttpError(400, 'There was an error parsing the body');
}

function withHeaders(error: unknown, more: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof CortadoError) || Object.keys(more).length === 0) return error;
  const { code, message, status, detail, cause, headers } = error;
  const options = { headers: { ...headers, ...more }, cause };
  if (error instanceof HttpError) return new HttpError(error.status, detail, options);
  return new CortadoError(code, message, {
    ...options,
    ...(status !== undefined && { status }),
    ...(typeof detail === 'string' && { detail }),
  });
}
