import { loadPeer } from '../../base/process/load-peer.ts';

/** Loads `pg`, which only databases on PostgreSQL need. */
export function loadDriver(): Promise<typeof import('pg')> {
  return loadPeer(() => import('pg'), 'CORTADO_DB_URL', 'PostgreSQL needs its driver: npm install pg');
}
