import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileStamp } from '../../../src/cli/dev/file-stamp.ts';
import { Watcher } from '../../../src/cli/dev/watcher.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

for (const [name, changes, expected] of [
  ['a file that changed after it was loaded, and before it was watched, has changed', true, 1],
  ['a file that is watched as it was loaded has not changed', false, 0],
] as const)
  test(name, async () => {
    const folder = temporaryFolder('watch');
    const path = join(folder, 'thread.ts');
    writeFileSync(path, 'one');
    const loaded = fileStamp(path);
    if (changes) writeFileSync(path, 'two words');
    const changed: string[] = [];
    const watcher = new Watcher((file) => changed.push(file));
    watcher.add(path, loaded);
    await pause(400);
    watcher.close();
    rmSync(folder, { recursive: true });
    assert.deepEqual(changed, Array(expected).fill(path));
  });
