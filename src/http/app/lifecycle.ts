import { CortadoError } from '../../base/error.ts';
import { tellAll } from '../../base/process/tell-all.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import type { DocumentedChannel } from '../../declare/route/documented-channel.ts';
import type { ComponentParts, Gauge, Observe } from '../../inject/component.ts';

/** Starts what an app uses in order, and stops it in reverse; as often as wanted. */
export class Lifecycle {
  readonly #parts: ComponentParts[] = [];
  readonly #started: ComponentParts[] = [];
  readonly #observers: Observe[] = [];
  isStarted = false;

  /** The components themselves. */
  get used(): object[] {
    return this.#parts.flatMap((parts) => parts.self ?? []);
  }

  /** Parts whose routes are meant to have guards. */
  get sensitive(): ComponentParts[] {
    return this.#parts.filter(({ unguarded }) => unguarded !== undefined);
  }

  /** Where the parts send and take messages. */
  get channels(): DocumentedChannel[] {
    return this.#parts.flatMap((parts) => parts.channels?.() ?? []);
  }

  add(parts: ComponentParts): void {
    if (this.isStarted)
      throw new CortadoError('CORTADO_LIFECYCLE', `"${parts.name}" must be used before the app starts.`);
    const other = this.#parts.find(({ name }) => name === parts.name);
    if (other !== undefined) {
      const what =
        other.self !== undefined && other.self === parts.self
          ? `the app uses '${parts.name}' twice.`
          : `the app uses two things named '${parts.name}'. Give one of them another name where it is made: { name: '…' }.`;
      throw new CortadoError('CORTADO_DEPENDENCY_NAME', what);
    }
    this.#parts.push(parts);
    for (const listener of this.#observers) parts.observe?.(listener);
  }

  /** Takes a part out that is somebody else's affair. */
  remove(name: string): void {
    const at = this.#parts.findIndex((parts) => parts.name === name);
    if (at >= 0) this.#parts.splice(at, 1);
  }

  async start(): Promise<void> {
    this.isStarted = true;
    for (const parts of this.#parts) {
      await parts.start?.();
      this.#started.push(parts);
    }
  }

  /** Tells what has started that everything has. */
  ready(): void {
    for (const parts of this.#started) parts.ready?.();
  }

  /** Tells what has started that a stop begins. */
  stopping(): void {
    for (const parts of this.#started) parts.stopping?.();
  }

  /**
   * Stops everything, whatever fails on the way, and throws the first failure at the end. What does not end although `signal` has fired is
   * left behind after `ms` more, and named to `late`.
   */
  async stop(signal: AbortSignal, late: (name: string) => void = () => {}, ms: number = lateness): Promise<void> {
    this.isStarted = false;
    const errors: unknown[] = [];
    for (let parts = this.#started.pop(); parts !== undefined; parts = this.#started.pop()) {
      try {
        const stopped = Promise.resolve(parts.stop?.(signal));
        if (await settledBy(stopped, signal, ms)) await stopped;
        else late(parts.name);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  notReady(): string[] {
    return this.#parts.flatMap((parts) => parts.notReady?.() ?? []);
  }

  /** Has what has started look whether it can serve; what does not find that out in time is known as it was. */
  async check(): Promise<void> {
    const checks = this.#started.map(async (parts) => parts.check?.());
    await settledBy(Promise.allSettled(checks), longestCheck);
  }

  /** What the parts measure; `failed` hears of those that throw, and the others count all the same. */
  gauges(failed: (name: string, error: unknown) => void): Gauge[] {
    return this.#parts.flatMap((parts) => {
      try {
        return [...(parts.gauges?.() ?? [])];
      } catch (error) {
        failed(parts.name, error);
        return [];
      }
    });
  }

  /** What the parts have to ask for; `failed` hears of those that got no answer, and the others count all the same. */
  async measure(failed: (name: string, error: unknown) => void): Promise<Gauge[]> {
    const measuring = this.#started.map(async (parts) => {
      try {
        return (await parts.measure?.()) ?? [];
      } catch (error) {
        failed(parts.name, error);
        return [];
      }
    });
    return (await Promise.all(measuring)).flat();
  }

  /** Tells all parts, those that are still to come included, who wants to hear of their figures. */
  observe(listener: Observe): void {
    this.#observers.push(listener);
    for (const parts of this.#parts) parts.observe?.(listener);
  }

  /** Hands a figure to all who want to hear of it; `undefined` where nobody does. */
  get observer(): Observe | undefined {
    if (this.#observers.length === 0) return undefined;
    return (observation) => tellAll(this.#observers, observation);
  }
}

// Milliseconds. Whoever asks whether an app is ready waits for a second or a few.
const longestCheck = 1000;

// For what a component does once it was told that it is late.
const lateness = 2000;

/** The same in an app that is mounted: less, so that it can still say which of its components was late. */
export const innerLateness = 1500;
