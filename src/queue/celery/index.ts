import '../../base/process/need-node.ts';

export type { Signature } from '../contract/signature.ts';
export type { CeleryOptions } from '../engines/celery/brokers/celery-options.ts';
// The engine
export { celery } from '../engines/celery/celery.ts';
export type { PythonErrorOptions } from '../engines/celery/wire/exception.ts';
export { PythonError } from '../engines/celery/wire/exception.ts';
// Calls that are composed
export { type CallOptions, call, rest } from './call.ts';
export type { Call, GroupHandle } from './canvas.ts';
export { chain, chord, group, send } from './canvas.ts';
export type { CeleryTask, CeleryTaskOptions } from './celery-task.ts';
export { celeryTask } from './celery-task.ts';
