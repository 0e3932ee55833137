import { CortadoError } from '../base/error.ts';
import type { ComponentParts, Gauge } from '../inject/component.ts';

type Stage = 'stopped' | 'started';

/** Starts what an app uses in order, and stops it in reverse; as often as wanted. */
export class Lifecycle {
  readonly #parts: ComponentParts[] = [];
  readonly #started: ComponentParts[] = [];
  #stage: Stage = 'stopped';

  get isStarted(): boolean {
    return this.#stage === 'started';
  }

  /** The components themselves. */
  get used(): object[] {
    return this.#parts.flatMap((parts) => parts.self ?? []);
  }

  add(parts: ComponentParts): void {
    if (this.#stage === 'started')
      throw new CortadoError('CORTADO_LIFECYCLE', `"${parts.name}" must be used before the app starts.`);
    if (this.#parts.some((other) => other.name === parts.name)) {
      throw new CortadoError('CORTADO_DEPENDENCY_NAME', `the app uses two things named "${parts.name}".`);
    }
    this.#parts.push(parts);
  }

  async start(): Promise<void> {
    this.#stage = 'started';
    for (const parts of this.#parts) {
      await parts.start?.();
      this.#started.push(parts);
    }
  }

  /** Stops everything, whatever fails on the way, and throws the first failure at the end. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stage = 'stopped';
    const errors: unknown[] = [];
    for (let parts = this.#started.pop(); parts !== undefined; parts = this.#started.pop()) {
      try {
        await parts.stop?.(signal);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Reasons why the app is not ready. */
  notReady(): string[] {
    return this.#parts.flatMap((parts) => parts.notReady?.() ?? []);
  }

  gauges(): Gauge[] {
    return this.#parts.flatMap((parts) => [...(parts.gauges?.() ?? [])]);
  }
}
