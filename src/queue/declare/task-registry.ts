import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../../base/error.ts';
import type { Plan } from '../../declare/plan/plan.ts';
import type { Container } from '../../inject/container.ts';
import type { DeclaredNames, TaskParameter } from '../contract/engine.ts';
import { planTask } from './plan-task.ts';
import type { TaskDeclaration } from './task-declaration.ts';

export interface RemoteTask {
  readonly name: string;
  readonly queue: string;
  readonly plan: Plan;
  /** Inputs that are sent by position, in this order. */
  readonly positional: readonly string[] | undefined;
  readonly returns: StandardSchemaV1 | undefined;
}

export class TaskRegistry implements DeclaredNames {
  readonly #tasks = new Map<string, TaskDeclaration>();
  readonly #planned = new Map<string, TaskDeclaration>();
  readonly #remotes = new Map<string, RemoteTask>();
  readonly #returns = new Map<string, StandardSchemaV1>();
  readonly #queues: Set<string>;
  readonly #remoteQueues = new Set<string>();

  /** `queues` are those that have limits. */
  constructor(queues: readonly string[]) {
    this.#queues = new Set(['default', ...queues]);
  }

  get tasks(): readonly TaskDeclaration[] {
    return [...this.#tasks.values()];
  }

  /** The tasks whose code lives elsewhere. */
  get remotes(): readonly RemoteTask[] {
    return [...this.#remotes.values()];
  }

  /** The queues that workers of this code take tasks from. */
  get queues(): readonly string[] {
    return [...this.#queues];
  }

  /** Throws `CORTADO_TASK_NAME` where there is a task of this name. */
  refuseSecond(owner: string, name: string): void {
    if (this.#tasks.has(name)) throw new CortadoError('CORTADO_TASK_NAME', `${owner} is declared twice.`);
  }

  add(task: TaskDeclaration): void {
    const { name, settings } = task;
    this.#tasks.set(name, task);
    this.#queues.add(settings.queue);
    if (settings.returns !== undefined) this.#returns.set(name, settings.returns);
  }

  addRemote(task: RemoteTask): void {
    const { name, queue, returns, positional } = task;
    this.#remoteQueues.add(queue);
    if (returns !== undefined) this.#returns.set(name, returns);
    // Of two declarations of one task, the one that names a queue knows more.
    const known = this.#remotes.get(name);
    if (known === undefined || queue !== 'default')
      this.#remotes.set(name, { ...task, positional: positional ?? known?.positional });
  }

  /** Throws `CORTADO_TASK_NAME` for a queue that no task is declared with, so that nobody would run what is sent there. */
  needQueue(task: string, queue: string): void {
    if (this.#queues.has(queue) || this.#remoteQueues.has(queue)) return;
    throw new CortadoError(
      'CORTADO_TASK_NAME',
      `task "${task}": there is no queue "${queue}", so nobody would run it. Known queues: ${this.queues.join(', ')}.`,
    );
  }

  /** The declaration of a task; its plan has the overrides that tests put in place. */
  find(name: string, container: Container | undefined): TaskDeclaration | undefined {
    const planned = this.#planned.get(name);
    if (planned !== undefined) return planned;
    const declared = this.#tasks.get(name);
    if (declared === undefined) return undefined;
    const plan = planTask(`task "${name}"`, declared.settings.params, container?.substitute);
    const found = { ...declared, plan };
    this.#planned.set(name, found);
    return found;
  }

  /** Overrides have changed. */
  planAnew(): void {
    this.#planned.clear();
  }

  readonly returnsOf = (task: string): StandardSchemaV1 | undefined => this.#returns.get(task);

  readonly names = (): readonly string[] => [...this.#tasks.keys()];

  readonly parametersOf = (task: string): readonly TaskParameter[] | undefined =>
    this.#tasks.get(task)?.plan.fields.map(({ key: name, field: { required } }) => ({ name, required }));

  readonly queueOf = (task: string): string | undefined =>
    this.#tasks.get(task)?.settings.queue ?? this.#remotes.get(task)?.queue;

  readonly positionalOf = (task: string): readonly string[] => this.#remotes.get(task)?.positional ?? [];
}
