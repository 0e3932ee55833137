import '../base/process/need-node.ts';

export type { BlockedTime, LoopOptions } from './loop-guard.ts';
export type { StrictLoopOptions } from './strict-loop.ts';
export { strictLoop } from './strict-loop.ts';
export type { WatchdogOptions } from './watchdog/watchdog.ts';
export { startWatchdog } from './watchdog/watchdog.ts';
