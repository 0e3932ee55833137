import '../base/process/need-node.ts';

export type { Copied, Remote, RemoteFunction } from './remote.ts';
export type { Threads, ThreadsOptions, ThreadsParts } from './threads.ts';
export { threads } from './threads.ts';
export { transfer } from './transfer.ts';
