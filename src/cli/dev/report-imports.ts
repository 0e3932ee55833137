// Preloaded in the app's process and in each of its worker threads, so that a module that only a thread imports is watched as well.
import { BroadcastChannel, isMainThread } from 'node:worker_threads';
import { readFiles } from '../../base/process/read-files.ts';
import { followImports } from '../process/imports.ts';
import { fileStamp } from './file-stamp.ts';
import { type FromApp, sendToSupervisor } from './messages.ts';

const channel = new BroadcastChannel('cortado.dev.imports');
if (isMainThread) channel.onmessage = (event) => sendToSupervisor((event as { data: FromApp }).data);
channel.unref();
const tell = (path: string): void =>
  isMainThread ? sendToSupervisor(imported(path)) : channel.postMessage(imported(path));
followImports(tell);
readFiles.subscribe((path) => tell(String(path)));

// With the version that is loaded now: it may have changed again before the supervisor hears of it.
function imported(path: string): FromApp {
  return { type: 'imported', path, stamp: fileStamp(path) };
}
