import { component, type Gauge, type Observation, type Observe } from '../base/component-key.ts';
import type { Logger } from '../base/logger.ts';
import type { ProcessSettings } from '../base/process/process-settings.ts';
import type { Dependency } from '../declare/dependency.ts';
import type { DocumentedChannel } from '../declare/route/documented-channel.ts';
import type { RouteDefinition } from '../declare/route/route.ts';
import type { Container } from './container.ts';

export { component, type Gauge, type Observation, type Observe };

/** What a component sees of the app that uses it. */
export interface Host {
  readonly title: string;
  readonly log: Logger;
  /** What the environment and the `cortado` command say of how it runs. */
  readonly settings: ProcessSettings;
  /** The app-scoped values, and what stands in for dependencies in tests. */
  readonly container: Container;
  /** Why the app cannot serve right now; empty when it can. */
  readonly notReady: () => readonly string[];
  /** Has all that the app uses look whether it can serve, for `notReady` to tell; resolves within a second whatever they find. */
  readonly check: () => Promise<void>;
  /** What the app and all that it uses measure right now. */
  readonly measure: () => Promise<readonly Gauge[]>;
  /**
   * Calls `listener` with each figure that is taken one by one: how long a request took, how long the loop was held up. Where nobody
   * listens, nobody measures.
   */
  readonly observe: (listener: Observe) => void;
}

/** What a component adds to an app; every part is optional. */
export interface ComponentParts {
  /** Its name in messages and reports. */
  readonly name: string;
  /** Opens it, before the first request. */
  readonly start?: () => Promise<void> | void;
  /** Told when all components have started, right before the first request. */
  readonly ready?: () => void;
  /** Told when a stop begins, while requests still finish: streams that would go on for long end here. */
  readonly stopping?: () => void;
  /** Closes it, after the last request; `signal` fires when the deadline of the stop has passed. */
  readonly stop?: (signal: AbortSignal) => Promise<void> | void;
  /** Routes that it serves, as data. */
  readonly routes?: readonly RouteDefinition[];
  /** Where it sends and takes messages, for the AsyncAPI document; asked for as that is made. */
  readonly channels?: () => readonly DocumentedChannel[];
  /** What to do where no guard, its own or the app's, stands before its routes: a start names them, and says this, in a line of the log. */
  readonly unguarded?: string;
  /** App-scoped values that must be open while the app runs. */
  readonly dependencies?: readonly Dependency<unknown, string>[];
  /** The component itself, for commands that look among all that an app uses, `cortado tasks` for example. */
  readonly self?: object;
  /** Why it cannot serve right now, or `undefined` when it can. */
  readonly notReady?: () => string | undefined;
  /** Looks whether it can serve, for `notReady` to tell, where nothing else has told it: called when somebody asks whether the app is ready. */
  readonly check?: () => Promise<void>;
  /** What it measures. */
  readonly gauges?: () => readonly Gauge[];
  /** What it has to ask for first, how many tasks there are for example; only called where somebody wants to know. */
  readonly measure?: () => Promise<readonly Gauge[]>;
  /** Told who wants to hear of each figure that it takes one by one. */
  readonly observe?: (listener: Observe) => void;
}

/**
 * What an app can `use`: a database, a queue, a dashboard. `http` knows only this contract, never the component.
 *
 * @example
 * ```ts
 * const clock: Component<{ zone: string }> = { [component]: (host, { zone }) => ({ name: 'clock', start: () => startClock(zone) }) };
 * app.use(clock, { zone: 'UTC' });
 * ```
 */
export interface Component<Options> {
  readonly [component]: (host: Host, options: Options) => ComponentParts;
}

export function isComponent(value: unknown): value is Component<unknown> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && component in value;
}
