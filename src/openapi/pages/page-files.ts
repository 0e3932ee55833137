import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ownFolder } from '../../base/process/own-files.ts';

/** The files of a page: the build copies them beside the compiled sources, which have the package. */
export interface PageFiles {
  /** Where they are in `dist/openapi`. */
  readonly folder: string;
  readonly package: string;
  /** Where they are in the package. */
  readonly within: string;
  /** Those that are served, with their media types. */
  readonly served: Readonly<Record<string, string>>;
  /** Licences, from the package's root. */
  readonly licences: readonly string[];
  /** What stands in the place of a text that would ask somebody else. */
  readonly instead?: readonly [text: string, replacement: string];
}

/** Swagger UI's. */
export const swaggerUi: PageFiles = {
  folder: 'swagger-ui',
  package: 'swagger-ui-dist',
  within: '',
  served: {
    'swagger-ui.css': 'text/css; charset=utf-8',
    'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
    'favicon-32x32.png': 'image/png',
    // Where OAuth2 servers send the reader's browser back to.
    'oauth2-redirect.html': 'text/html; charset=utf-8',
    'oauth2-redirect.js': 'text/javascript; charset=utf-8',
  },
  licences: ['swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE'],
};

/** ReDoc's, of the releases before 3: those measure their readers. */
export const redocFiles: PageFiles = {
  folder: 'redoc',
  package: 'redoc',
  within: 'bundles',
  served: { 'redoc.standalone.js': 'text/javascript; charset=utf-8' },
  licences: ['LICENSE', 'bundles/redoc.standalone.js.LICENSE.txt'],
  instead: [
    'https://cdn.redoc.ly/redoc/logo-mini.svg',
    'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==',
  ],
};

/** A served file of a page, as an answer. */
export async function pageFile(files: PageFiles, name: string): Promise<Response> {
  const bytes = await readFile(join(folderOf(files), name));
  const [text, replacement] = files.instead ?? [];
  const body = text === undefined ? new Uint8Array(bytes) : bytes.toString().replaceAll(text, replacement!);
  return new Response(body, {
    headers: {
      'content-type': files.served[name]!,
      'cache-control': 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
    },
  });
}

// An installed Cortado depends on no package for them; sources have the package.
function folderOf(files: PageFiles): string {
  const beside = join(ownFolder, 'openapi', files.folder);
  if (existsSync(beside)) return beside;
  return join(dirname(createRequire(import.meta.url).resolve(`${files.package}/package.json`)), files.within);
}
