import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { sqlChannels } from '../../../src/channels/engines/sql/sql-engine.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testChannels } from './channel-suite.ts';

const folder = temporaryFolder('channels');

testChannels('SQLite', {
  make: () => sqlChannels(`sqlite:${join(folder, 'events.db')}`),
  tearDown: async () => rmSync(folder, { recursive: true }),
});
