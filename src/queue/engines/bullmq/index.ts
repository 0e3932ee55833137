import '../../../base/process/need-node.ts';

// The engine
export { bullmq } from './bullmq-engine.ts';
export type { BullmqOptions } from './bullmq-options.ts';
