import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnded, ownIdentity } from '../../base/process/process-identity.ts';

// A folder's name says which start of which process it belongs to, on which host.
const host = createHash('sha256').update(ownIdentity.host).digest('hex').slice(0, 12);
const started = ownIdentity.process.slice(0, 8);
const named = /^cortado-uploads-([0-9a-f]{12})-(\d+)-([0-9a-f]{8})-\w{6}$/;

// Milliseconds. No upload lasts so long; what another host has left in a folder that both use can only be told by its age.
const longestUpload = 24 * 60 * 60_000;

/** Makes a folder for the files of one request, which nobody but this user may read. */
export function makeFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, `cortado-uploads-${host}-${process.pid}-${started}-`));
}

/** Removes what processes have left that did not come to an end in order. */
export async function sweepFolders(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = named.exec(name);
    if (owner === null) continue;
    const folder = join(parent, name);
    const found = await lstat(folder).catch(() => undefined);
    // Where all may write, as in /tmp, others may make what has such a name.
    if (found?.isDirectory() !== true || found.uid !== (process.getuid?.() ?? found.uid)) continue;
    if (isLeft(owner) || Date.now() - found.mtimeMs > longestUpload)
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

function isLeft([, on, pid, start]: RegExpExecArray): boolean {
  return (
    on === host &&
    hasEnded({
      host: ownIdentity.host,
      pid: Number(pid),
      process: start === started ? ownIdentity.process : start!,
    })
  );
}
