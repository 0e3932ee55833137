import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { sqlEngine } from '../../../../src/queue/engines/sql/sql-engine.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { testEngine } from './engine-suite.ts';

const folder = temporaryFolder('engine');

testEngine('sql on SQLite', {
  make: () => sqlEngine(`sqlite:${join(folder, 'tasks.db')}`),
  tearDown: async () => rmSync(folder, { recursive: true }),
});

testEngine('sql on SQLite in memory', { make: () => sqlEngine('sqlite::memory:') });
