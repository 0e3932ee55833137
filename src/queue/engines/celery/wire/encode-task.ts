import { CortadoError } from '../../../../base/error.ts';
import { encodeJson } from './encode-json.ts';
import { pythonRepr } from './python-repr.ts';
import { protocolHeaders, type TaskMessage, type WireMessage } from './task-message.ts';
import { encodeTime, lastTime } from './time.ts';

/**
 * Packs a task as protocol version 2. Every field without which a Python worker dies is always there: `id`, `task`, and the transport adds
 * the delivery tag and the delivery info.
 *
 * @throws CortadoError `CORTADO_QUEUE_PAYLOAD` for what a Python worker could not read.
 */
export function encodeTask(message: TaskMessage): WireMessage {
  check(message);
  const { id, task, args, kwargs, callbacks, errbacks, chain, chord } = message;
  const embed = {
    callbacks: callbacks.length > 0 ? callbacks : null,
    errbacks: errbacks.length > 0 ? errbacks : null,
    chain: chain.length > 0 ? chain : null,
    chord: chord ?? null,
  };
  return {
    body: encodeJson([args, kwargs, embed]),
    headers: { ...message.headers, ...taskHeaders(message), lang: 'py', task, id },
    properties: {
      correlation_id: id,
      reply_to: message.replyTo ?? '',
      delivery_mode: 2,
      ...(message.priority === undefined ? {} : { priority: message.priority }),
    },
    contentType: 'application/json',
    contentEncoding: 'utf-8',
  };
}

function taskHeaders(message: TaskMessage): Record<string, unknown> {
  return {
    shadow: null,
    eta: message.eta === undefined ? null : encodeTime(message.eta),
    expires: message.expires === undefined ? null : encodeTime(message.expires),
    group: message.group ?? null,
    group_index: message.groupIndex ?? null,
    retries: message.retries,
    timelimit: [message.timeLimit ?? null, message.softTimeLimit ?? null],
    root_id: message.rootId ?? message.id,
    parent_id: message.parentId ?? null,
    argsrepr: message.argsRepr ?? pythonRepr(message.args, { tuple: true }),
    kwargsrepr: message.kwargsRepr ?? pythonRepr(message.kwargs),
    origin: message.origin ?? `${process.pid}@cortado`,
    ignore_result: message.ignoreResult ?? false,
    replaced_task_nesting: 0,
    stamped_headers: message.stamps === undefined ? null : Object.keys(message.stamps),
    stamps: message.stamps ?? {},
  };
}

function check(message: TaskMessage): void {
  const { id, task, kwargs, eta, expires, headers } = message;
  if (typeof id !== 'string' || id === '') throw unfit('the id must be a text that is not empty');
  if (typeof task !== 'string' || task === '') throw unfit('the name of the task must be a text that is not empty');
  if (!Array.isArray(message.args)) throw unfit('args must be a list');
  if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs)) throw unfit('kwargs must be an object');
  for (const [name, time] of Object.entries({ eta, expires })) {
    if (time !== undefined && !(time >= 0 && time < lastTime)) throw unfit(`${name} must lie between 1970 and 9999`);
  }
  for (const [name, value] of Object.entries(headers)) {
    if (protocolHeaders.includes(name)) throw unfit(`the header "${name}" belongs to the protocol`);
    // Headers travel as an AMQP table too, which knows neither bigint nor undefined.
    if (!isHeader(value, 0))
      throw unfit(`the header "${name}" must be made of text, finite numbers, booleans, lists and objects`);
  }
}

function isHeader(value: unknown, depth: number): boolean {
  if (depth > 20) return false;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || ArrayBuffer.isView(value) || value instanceof Date) return false;
  // amqplib takes an object with the key "!" for a value with a type of its own.
  return !('!' in value) && Object.values(value).every((item) => isHeader(item, depth + 1));
}

function unfit(reason: string): CortadoError {
  return new CortadoError('CORTADO_QUEUE_PAYLOAD', `A Celery message cannot be sent: ${reason}.`);
}
