import '../../../base/process/need-node.ts';

// The engine
export { bullmq } from './bullmq.ts';
export type { BullmqOptions } from './bullmq-options.ts';
