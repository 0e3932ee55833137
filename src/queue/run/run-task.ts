import { CortadoError } from '../../base/error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { isRecord } from '../../base/is-record.ts';
import type { Logger } from '../../base/logger.ts';
import type { Ending } from '../../concurrency/ending.ts';
import { runInFrame } from '../../concurrency/frame.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import type { Plan } from '../../declare/plan/plan.ts';
import { type Closing, success } from '../../inject/close.ts';
import type { Container } from '../../inject/container.ts';
import { Scope } from '../../inject/scope.ts';
import { ValidationError } from '../../inject/validation-error.ts';
import { beginSegment, endSegment } from '../../loop/measure/segment.ts';
import { checkedValue, notThrown } from '../../schema/checked-value.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { outputValidator } from '../../schema/output-validator.ts';
import type { CallTask, Claim, Outcome } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import { planTask } from '../declare/plan-task.ts';
import type { TaskDeclaration } from '../declare/task-declaration.ts';
import { taskSettings } from '../declare/task-options.ts';
import { gatherHeader, intoHeader } from '../enqueue/flow-part.ts';
import { encodePayload } from '../payload/encode-payload.ts';
import { readInput } from '../payload/read-input.ts';
import { decideOutcome } from './decide-outcome.ts';
import { TaskContext } from './task-context.ts';

/** What all runs of a worker share. */
export interface RunEnvironment {
  readonly gate: Gate;
  readonly container: Container;
  readonly log: Logger;
  readonly now: () => number;
  /** Most bytes of JSON that a result may have. */
  readonly payloadLimit: number;
  /** The task that is declared under a name; its plan has what stands in for dependencies in tests. */
  readonly find: (name: string) => TaskDeclaration | undefined;
}

/** How a run ended, and what is left to do once that is stored. */
export interface Ended {
  /** `undefined` when the claim was lost: there is nothing to store any more. */
  readonly outcome: Outcome | undefined;
  readonly afterStored: (() => Promise<void>) | undefined;
  /** Whether it is stored already: it was committed with the run's session. */
  readonly isStored?: boolean;
}

// A function that does not heed its signal is left behind after this many milliseconds.
const grace = 1000;

/**
 * The road of a job: input ▸ results it waited for ▸ dependencies ▸ function ▸ result ▸ dependencies close. Nothing thrown leaves it: how
 * it went is the outcome.
 */
export async function runTask(claim: Claim, ending: Ending, environment: RunEnvironment): Promise<Ended> {
  const { gate, log, now } = environment;
  const task = environment.find(claim.name) ?? builtInTask(claim, environment);
  if (task === undefined) {
    const outcome = decideOutcome(claim, undefined, unknownTask(claim), ending, now());
    return { outcome, afterStored: undefined };
  }
  const context = new TaskContext({ claim, ending, log, gate, now });
  const scope = new Scope(environment.container, task.plan, context);
  const timer = startTimer(claim, task, ending);
  let text = 'null';
  let closing: Closing = success;
  try {
    text = await settled(
      runInFrame(scope, () => proceed(claim, task, scope, context, environment)),
      ending,
    );
  } catch (error) {
    closing = { failed: true, error };
  }
  clearTimeout(timer);
  // The end of a lost run will be refused, and a late one has failed, so what its dependencies hold back must not be committed.
  if (hasReason(ending, 'CORTADO_TASK_LOST') || (hasReason(ending, 'CORTADO_TIMEOUT') && !closing.failed))
    closing = { failed: true, error: ending.reason };
  const isStored = closing.failed || scope.isEmpty ? undefined : joinEnd(claim, text, scope, gate);
  if (!scope.isEmpty) closing = await runInFrame(scope, () => scope.close(closing));
  await context.settle();
  if (isStored?.()) {
    // What closed after the commit cannot take it back, and the run must not have its effect once more.
    if (closing.failed)
      log.error(
        { err: closing.error, task_id: claim.id, task: claim.name },
        'a dependency failed to close after the commit',
      );
    const committed: Outcome = { kind: 'succeeded', result: text };
    return { outcome: committed, afterStored: () => closeLate(scope, success, claim, log), isStored: true };
  }
  if (isStored !== undefined && isLostError(closing))
    return { outcome: undefined, afterStored: () => closeLate(scope, closing, claim, log) };
  const outcome = closing.failed
    ? decideOutcome(claim, task.settings, closing.error, ending, now())
    : ({ kind: 'succeeded', result: text } as const);
  if (scope.isEmpty) return { outcome, afterStored: undefined };
  return { outcome, afterStored: () => closeLate(scope, closing, claim, log) };
}

// What the engine's protocol has built in is declared by nobody, and takes its input from the engine.
function builtInTask(claim: Claim, environment: RunEnvironment): TaskDeclaration | undefined {
  const builtIn = environment.gate.builtIn(claim);
  if (builtIn === undefined) return undefined;
  const { run, retries, backoff, retryIf } = builtIn;
  const settings = { ...taskSettings(`task "${claim.name}"`, {}), retries, backoff, retryIf };
  const plan = planTask(`task "${claim.name}"`, {});
  const call = (context: TaskContext): CallTask => {
    return (name, input) => {
      const task = environment.find(name);
      return task && callTask(task, input, context, environment);
    };
  };
  return { name: claim.name, settings, plan, run: (_values, context) => run(call(context)) };
}

/** Runs a task's function within the run of another one: its own dependencies open before and close after. */
async function callTask(
  task: TaskDeclaration,
  input: Readonly<Record<string, unknown>>,
  context: TaskContext,
  { container }: RunEnvironment,
): Promise<unknown> {
  const scope = new Scope(container, task.plan, context);
  let closing: Closing = success;
  let value: unknown;
  try {
    value = await runInFrame(scope, async () => {
      await validate(task, input, task.plan, scope.values);
      if (task.plan.calls.length > 0) await scope.run(task.plan.calls);
      const returned = await task.run(scope.arguments(task.plan.bindings) as never, context as never);
      return checkedResult(task, returned);
    });
  } catch (error) {
    closing = { failed: true, error };
  }
  if (!scope.isEmpty) closing = await runInFrame(scope, () => scope.close(closing));
  if (!scope.isEmpty) closing = await scope.closeAfterSend(closing);
  if (closing.failed) throw closing.error;
  return value;
}

async function proceed(
  claim: Claim,
  task: TaskDeclaration,
  scope: Scope,
  context: TaskContext,
  { gate, payloadLimit }: RunEnvironment,
): Promise<string> {
  const { plan } = scope;
  const payload = readPayload(claim, gate);
  if (claim.after.length > 0) await addResults(claim, payload, gate);
  await validate(claim, payload, plan, scope.values);
  if (plan.calls.length > 0) {
    scope.phase = 'dependencies';
    await scope.run(plan.calls);
  }
  scope.phase = 'handler';
  const began = beginSegment();
  const running = task.run(scope.arguments(plan.bindings) as never, context as never);
  endSegment(began, 'handler');
  const value = await running;
  scope.phase = 'result';
  // Where strict mode has caught it.
  beginSegment();
  const result = await checkedResult(task, value);
  return encodePayload(`task "${task.name}": the result`, result, {
    limit: payloadLimit,
    stringify: gate.stringify,
    given: value,
  });
}

function readPayload({ name, input }: Claim, gate: Gate): Record<string, unknown> {
  const payload = gate.parse(input);
  if (isRecord(payload)) return payload;
  throw new CortadoError('CORTADO_QUEUE_PAYLOAD', `task "${name}": its input is no JSON object.`);
}

async function validate(
  { name }: Pick<Claim, 'name'>,
  payload: Readonly<Record<string, unknown>>,
  plan: Plan,
  values: unknown[],
): Promise<void> {
  const issues: Issue[] = [];
  await readInput(plan, payload, values, issues);
  if (issues.length > 0) throw new ValidationError(`task "${name}"`, issues, payload);
}

async function checkedResult({ name, settings: { returns } }: TaskDeclaration, value: unknown): Promise<unknown> {
  // Most likely a forgotten `throw`, which must not look like success.
  if (value instanceof Error) throw notThrown(`task "${name}"`, value);
  if (returns === undefined) return value;
  return checkedValue(`task "${name}"`, 'the result', await outputValidator(returns)(value), value);
}

/** Waits for the work; once it is told to end, only for a moment longer. */
async function settled<T>(work: Promise<T>, ending: Ending): Promise<T> {
  if (await settledBy(work, ending, grace)) return work;
  throw ending.reason;
}

function startTimer({ limit }: Claim, { name, settings }: TaskDeclaration, ending: Ending): NodeJS.Timeout | undefined {
  const timeout = limit?.ms ?? settings.timeout;
  if (timeout === undefined) return undefined;
  const text = `Task "${name}" was not done within its timeout of ${timeout} ms.`;
  const late = (): void => ending.abort(limit?.reason ?? new CortadoError('CORTADO_TIMEOUT', text));
  return setTimeout(late, Math.min(timeout, 2 ** 31 - 1));
}

function hasReason({ aborted, reason }: Ending, code: ErrorCode): boolean {
  return aborted && reason instanceof CortadoError && reason.code === code;
}

function unknownTask({ name }: Claim): CortadoError {
  return new CortadoError(
    'CORTADO_TASK_UNKNOWN',
    `No task "${name}" is declared here. Is the worker's code older than the one that enqueued it?`,
  );
}

async function closeLate(scope: Scope, before: Closing, { id, name }: Claim, log: Logger): Promise<void> {
  const late = await scope.closeAfterSend(before);
  if (late.failed && !before.failed)
    log.error({ err: late.error, task_id: id, task: name }, 'a dependency failed to close after the result was stored');
}

/** Puts the results of the tasks that this one waited for into its payload. */
async function addResults(claim: Claim, payload: Record<string, unknown>, gate: Gate): Promise<void> {
  const into = claim.headers[intoHeader];
  if (into === undefined) return;
  const results = await Promise.all(claim.after.map((id) => resultOf(id, claim, gate)));
  payload[into] = claim.headers[gatherHeader] === undefined ? results[0] : results;
}

async function resultOf(id: string, { name }: Claim, gate: Gate): Promise<unknown> {
  const before = await gate.get(id);
  if (before?.result !== undefined) return gate.parse(before.result);
  const why = before === undefined ? 'is gone' : `is ${before.state}`;
  throw new CortadoError('CORTADO_TASK_STATE', `task "${name}" needs the result of ${id}, which ${why}.`);
}

/**
 * Has the end of a run that went well committed with its session, where that has written in the queue's own database. What it returns tells,
 * once the session has ended, whether that was so; `undefined` where there is no such session.
 */
function joinEnd(claim: Claim, result: string, scope: Scope, gate: Gate): (() => boolean) | undefined {
  if (!gate.capabilities.atomicEnd) return undefined;
  const session = runInFrame(scope, () => gate.currentTransaction());
  return session && gate.joinEnd({ claim, outcome: { kind: 'succeeded', result } }, session);
}

/** Whether the session was rolled back because its run's task was given to another worker. */
function isLostError(closing: Closing): boolean {
  return closing.failed && closing.error instanceof CortadoError && closing.error.code === 'CORTADO_TASK_LOST';
}
