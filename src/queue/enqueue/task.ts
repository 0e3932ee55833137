import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../../base/check-options.ts';
import { invalidOption } from '../../base/error.ts';
import type { Json } from '../../base/json/json.ts';
import { type NotAwaited, notAwaited } from '../../base/not-awaited.ts';
import type { Inputs, Params } from '../../declare/values.ts';
import type { NewTask } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import type { TaskDeclaration } from '../declare/task-declaration.ts';
import { encodeInput } from '../payload/encode-input.ts';
import { handleMembers, TaskHandle } from '../watch/task-handle.ts';
import { checkEnqueueOptions, type EnqueueOptions, newTask } from './enqueue-options.ts';
import { type Before, type Built, type FlowPart, gatherHeader, intoHeader } from './flow-part.ts';
import type { TaskHost } from './task-host.ts';

/** The arguments of `enqueue`: the input may be left out where nothing in it is required. */
export type EnqueueArguments<P extends Params> =
  Record<never, never> extends Inputs<P>
    ? [input?: Inputs<P>, options?: EnqueueOptions]
    : [input: Inputs<P>, options?: EnqueueOptions];

/** What `handle.result()` resolves to: what the `returns` schema gives, else what the function returned, as JSON carries it. */
export type TaskResult<R, S extends StandardSchemaV1 | undefined> =
  // `undefined` first: without `strict` it extends everything.
  S extends undefined
    ? Json<Awaited<R>>
    : S extends StandardSchemaV1
      ? Json<StandardSchemaV1.InferOutput<S>, bigint>
      : never;

const pendingHandles = notAwaited('enqueueAll()', ['length', '0', 'at', 'map', 'forEach']);

/**
 * A declared task: what `queue.task` returns.
 *
 * @example
 * ```ts
 * const handle = await sendEmail.enqueue({ to: 'ada@example.com', content: 'Hello' }, { delay: 60_000 });
 * ```
 */
export class Task<P extends Params, R> {
  readonly name: string;
  /** The declaration as data. */
  readonly declaration: TaskDeclaration;
  /** What it needs of its queue. */
  readonly '~host': TaskHost;
  readonly #notAwaited: NotAwaited;

  constructor(declaration: TaskDeclaration, host: TaskHost) {
    this.#notAwaited = notAwaited(`task "${declaration.name}".enqueue()`, handleMembers);
    this.name = declaration.name;
    this.declaration = declaration;
    this['~host'] = host;
  }

  /**
   * Validates the input, stores the task and returns its handle; the id is real at once. Inside an open transaction of the database that
   * the queue lives in, the task commits or vanishes with it.
   *
   * @throws TaskInputError for input that does not fit; CortadoError `CORTADO_QUEUE_PAYLOAD`, `CORTADO_QUEUE_UNSUPPORTED`,
   * `CORTADO_OPTION_INVALID`; what the storage throws.
   */
  enqueue(...[input, options]: EnqueueArguments<P>): Promise<TaskHandle<R>> {
    return this.#notAwaited(this.#enqueue(input ?? {}, options ?? {}));
  }

  async #enqueue(input: object, options: EnqueueOptions): Promise<TaskHandle<R>> {
    checkEnqueueOptions(this.#owner, options);
    const gate = await this['~host'].gate.open();
    const task = await this.#prepare(gate, input, options);
    const { id, created } = await this['~host'].enqueue(task, gate);
    return new TaskHandle(this['~host'].gate, id, created);
  }

  /** Stores many tasks at once, all or none. */
  enqueueAll(
    inputs: readonly Inputs<P>[],
    options: Omit<EnqueueOptions, 'id' | 'unique'> = {},
  ): Promise<TaskHandle<R>[]> {
    return pendingHandles(this.#enqueueAll(inputs, options));
  }

  async #enqueueAll(inputs: readonly Inputs<P>[], options: EnqueueOptions): Promise<TaskHandle<R>[]> {
    checkEnqueueOptions(this.#owner, options);
    const gate = await this['~host'].gate.open();
    const tasks = await Promise.all(inputs.map((input) => this.#prepare(gate, input, options)));
    const enqueued = await this['~host'].enqueueAll(tasks, gate);
    return enqueued.map(({ id, created }) => new TaskHandle(this['~host'].gate, id, created));
  }

  /** The handle of a task of this kind that was enqueued before, by its id. */
  handle(id: string): TaskHandle<R> {
    return new TaskHandle(this['~host'].gate, id, false);
  }

  /**
   * This task with an input, as a part of a `chain` or `group`. `into` names the input that takes the result of the part before it.
   *
   * @example
   * ```ts
   * chain(fetchPhoto.with({ url }), resize.with({ width: 100 }, { into: 'photo' }))
   * ```
   */
  with(input: Inputs<P>): FlowPart<R>;
  with<K extends keyof Inputs<P>>(input: Omit<Inputs<P>, K>, options: { readonly into: K }): FlowPart<R, Inputs<P>[K]>;
  with(input: object, options: { readonly into?: PropertyKey } = {}): FlowPart<R, never> {
    checkOptions(`${this.#owner}.with()`, options, ['into']);
    return { host: this['~host'], build: (before) => this.#build(input, options.into as string | undefined, before) };
  }

  async #build(input: object, into: string | undefined, before: Before | undefined): Promise<Built> {
    const owner = this.#owner;
    if (into !== undefined && before === undefined)
      throw invalidOption(`${owner}.with(): there is no task before it whose result "${into}" could take.`);
    if (this.declaration.settings.unique !== false)
      throw invalidOption(`${owner} is unique, so it cannot be a part of a flow.`);
    // What an empty group hands on is known now.
    const [given, later] = into !== undefined && before?.isEmpty ? [{ ...input, [into]: [] }] : [input, into];
    const task = await this.#prepare(await this['~host'].gate.open(), given, {}, later);
    const headers = later === undefined ? {} : { [intoHeader]: later, ...(before?.isGroup && { [gatherHeader]: '1' }) };
    return { tasks: [{ ...task, after: before?.ids ?? [], headers }], ends: { ids: [task.id], isGroup: false } };
  }

  get #owner(): string {
    return `task "${this.name}"`;
  }

  async #prepare(
    { parse, stringify }: Gate,
    input: object,
    options: EnqueueOptions,
    except?: string,
  ): Promise<NewTask> {
    const limit = this['~host'].payloadLimit;
    const text = await encodeInput(this.#owner, this.declaration.plan, input, { limit, parse, stringify, except });
    return newTask(this.declaration, text, options, this['~host'].now());
  }
}
