import { sqlChannels } from '../../../src/channels/engines/sql/sql-engine.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { testChannels } from './channel-suite.ts';

let server: PostgresServer;
let url: string;

testChannels('PostgreSQL', {
  setUp: async () => {
    server = await startPostgres();
    url = await server.newDatabase();
  },
  make: () => sqlChannels(url),
  tearDown: () => server.stop(),
});
