import { sqlEngine } from '../../../../src/queue/engines/sql/sql-engine.ts';
import { type PostgresServer, startPostgres } from '../../../support/postgres.ts';
import { testEngine } from './engine-suite.ts';

let server: PostgresServer;
let url: string;

testEngine('sql on PostgreSQL', {
  setUp: async () => {
    server = await startPostgres();
    url = await server.newDatabase();
  },
  make: () => sqlEngine(url),
  tearDown: () => server.stop(),
});
