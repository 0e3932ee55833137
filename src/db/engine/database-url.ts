import { CortadoError } from '../../base/error.ts';
import { hasStrayPassword } from '../../base/show/shown-url.ts';

/** Where a database is, taken from its URL. */
export type DatabaseLocation =
  | { readonly kind: 'sqlite'; readonly path: string; readonly label: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly label: string };

const examples = 'Use sqlite:app.db, sqlite::memory: or postgres://user:password@host/name.';

const invalid = (message: string): CortadoError => new CortadoError('CORTADO_DB_URL', message);

/** Reads a database URL. The label stands in messages and never holds a password. Throws `CORTADO_DB_URL`. */
export function parseDatabaseUrl(url: unknown): DatabaseLocation {
  if (typeof url !== 'string' || url === '') throw invalid(`The database URL is empty. ${examples}`);
  const scheme = /^[a-z][a-z0-9+]*:/i.exec(url)?.[0].toLowerCase();
  if (scheme === 'sqlite:') return sqliteLocation(url.slice('sqlite:'.length));
  if (scheme === 'postgres:' || scheme === 'postgresql:') return postgresLocation(url);
  // The URL may hold a password, so only its scheme is repeated.
  const what = scheme === undefined ? 'has no scheme' : `starts with "${scheme}", which is not supported`;
  throw invalid(`The database URL ${what}. ${examples}`);
}

// sqlite:app.db, sqlite:/var/app.db and, as SQLAlchemy writes it, sqlite:///app.db (relative) and sqlite:////var/app.db (absolute).
function sqliteLocation(rest: string): DatabaseLocation {
  const path = rest.startsWith('///') ? rest.slice(3) : rest;
  if (path.startsWith('//'))
    throw invalid(`The database URL begins with "sqlite://" and a host, but SQLite is a file. ${examples}`);
  if (path === '') throw invalid(`The database URL "sqlite:${rest}" names no file. ${examples}`);
  if (/[?#\0]/.test(path))
    throw invalid(
      `The database URL "sqlite:${path.split(/[?#\0]/, 1)[0]}…" has "?", "#" or NUL in its path; settings are options of database().`,
    );
  return { kind: 'sqlite', path, label: `sqlite:${path}` };
}

function postgresLocation(url: string): DatabaseLocation {
  if (!URL.canParse(url)) throw invalid(`The PostgreSQL URL cannot be parsed. ${examples}`);
  const parsed = new URL(url);
  if (hasStrayPassword(parsed))
    throw invalid(
      'The PostgreSQL URL has a "@" behind its host: a / ? # or @ of the password must be percent-encoded.',
    );
  const { hostname, port, pathname } = parsed;
  return { kind: 'postgres', url, label: `postgres://${hostname}${port === '' ? '' : `:${port}`}${pathname}` };
}
