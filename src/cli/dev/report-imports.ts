// Preloaded in the app's process and in each of its worker threads, so that a module that only a thread imports is watched as well.
import { BroadcastChannel, isMainThread } from 'node:worker_threads';
import { followImports } from '../imports.ts';
import { sendToSupervisor } from './messages.ts';

const channel = new BroadcastChannel('cortado.dev.imports');
if (isMainThread) {
  channel.onmessage = (event) => sendToSupervisor({ type: 'imported', path: (event as { data: string }).data });
  channel.unref();
  followImports((path) => sendToSupervisor({ type: 'imported', path }));
} else {
  channel.unref();
  followImports((path) => channel.postMessage(path));
}
