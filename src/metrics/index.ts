import '../base/process/need-node.ts';

export type { Metrics, MetricsOptions } from './metrics.ts';
export { metrics } from './metrics.ts';
