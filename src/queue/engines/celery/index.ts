import '../../../base/need-node.ts';

// Tasks that live in Python
export type { Call, GroupHandle } from './canvas.ts';
export { chain, chord, group, send } from './canvas.ts';
// The engine
export { celery } from './celery.ts';
export type { CeleryOptions } from './celery-options.ts';
export type { CallOptions, CeleryTask, CeleryTaskOptions } from './celery-task.ts';
export { celeryTask } from './celery-task.ts';
export type { PythonErrorOptions } from './wire/exception.ts';
export { PythonError } from './wire/exception.ts';
export type { Signature } from './wire/signature.ts';
