// Takes fast paths away by name, as on a release that they were not tested with.
import { pastFastify } from '../../src/http/fast/answer-hooks.ts';
import { takenBodies } from '../../src/http/fast/incoming-request.ts';
import { knownHeads } from '../../src/http/fast/known-heads.ts';
import { lateCompilers } from '../../src/http/fast/late-compilers.ts';
import { lateLoggers } from '../../src/http/fast/late-loggers.ts';

const without = process.env['WITHOUT']?.split(',') ?? [];
for (const path of [knownHeads, takenBodies, lateCompilers, lateLoggers, pastFastify])
  if (without.includes(path.name)) Object.assign(path, { majors: [] });
