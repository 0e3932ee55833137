import { CortadoError } from '../../base/error.ts';

/** Loads `pg`, which only databases on PostgreSQL need. */
export async function loadDriver(): Promise<typeof import('pg')> {
  try {
    return await import('pg');
  } catch (cause) {
    throw new CortadoError('CORTADO_DB_URL', 'PostgreSQL needs its driver: npm install pg', { cause });
  }
}
