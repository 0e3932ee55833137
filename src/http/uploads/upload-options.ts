import { tmpdir } from 'node:os';
import { checkOptions } from '../../base/check-options.ts';
import { type Rules, string, whole } from '../../base/check-values.ts';

/** What an app takes of uploaded files, and where it keeps them while their requests last. */
export interface UploadOptions {
  /** Folder for files that are too large for memory. Default: the system's for temporary files. */
  readonly folder?: string;
  /** Bytes of one form's files that stay in memory; what is more goes to disk. Default 1 MiB, as in Starlette. */
  readonly memory?: number;
  /** Bytes of one file; a larger one is a 413. Default: what `bodyLimit` lets through. */
  readonly fileSize?: number;
  /** Files of one form. Default 1,000, as in Starlette. */
  readonly files?: number;
  /** Text fields of one form. Default 1,000, as in Starlette. */
  readonly fields?: number;
  /** Bytes of one text field of a multipart form. Default 1 MiB, as in Starlette. */
  readonly fieldSize?: number;
  /** Bytes that the files of all open requests may take on disk; what is more is a 503. Default 4 GiB. */
  readonly total?: number;
}

const rules: Rules<UploadOptions> = {
  folder: string,
  memory: whole(0, 'bytes, '),
  fileSize: whole(1, 'bytes, '),
  files: whole(0),
  fields: whole(0),
  fieldSize: whole(1, 'bytes, '),
  total: whole(0, 'bytes, '),
};

/** The options, checked, with their defaults. */
export function uploadSettings(options: UploadOptions): Required<UploadOptions> {
  checkOptions('uploads', options, rules);
  return {
    folder: tmpdir(),
    memory: 1024 * 1024,
    fileSize: Number.POSITIVE_INFINITY,
    files: 1000,
    fields: 1000,
    fieldSize: 1024 * 1024,
    total: 4096 * 1024 * 1024,
    ...options,
  };
}
