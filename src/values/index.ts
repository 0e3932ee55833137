import '../base/process/need-node.ts';

export { Base64Bytes, bytes } from './bytes.ts';
export { type DecimalClass, type DecimalOptions, decimal } from './decimal.ts';
export { type OrNull, optional } from './optional.ts';
export { duration, instant, plainDate, plainDateTime, plainTime } from './temporal.ts';
export type { ValueSchema } from './value-schema.ts';
