import type { IncomingMessage } from 'node:http';
import { checkOptions } from '../../base/check-options.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import type { Dependency } from '../../declare/dependency.ts';
import type { ComponentParts } from '../../inject/component.ts';
import { pathOfTarget, rootPathOf } from '../request/root-path.ts';
import type { Passage, PreparedRoute, RouteEnvironment } from '../road/passage.ts';
import { prepareHandOn } from '../road/prepared-route.ts';
import { asksForWebSocket } from '../server/upgrades.ts';
import type { Cut } from '../stop/stop.ts';
import type { Mount, OuterApp } from './inner-app.ts';
import { refuseLarge } from './limit-body.ts';
import { type MountOptions, mountRules } from './mount-options.ts';
import { type Mounted, mountTarget } from './mount-target.ts';
import { belowPrefix, checkPrefix, refuseMisleading } from './mounted-path.ts';
import { planMount } from './plan-mount.ts';
import type { Target } from './target.ts';

/** The app that mounts. */
export interface MountingApp {
  readonly environment: RouteEnvironment;
  readonly guards: readonly Dependency<unknown, string>[];
  readonly outer: OuterApp;
  /** Whether it serves HTTP/2, which Express and Connect do not speak. */
  readonly isHttp2: boolean;
  /** Adds a part to its life. */
  readonly add: (parts: ComponentParts) => void;
}

/** One mount, as requests find it; planned anew where a dependency is overridden. */
export interface MountHolder {
  readonly mount: Mount;
  readonly prepared: PreparedRoute;
}

interface Entry {
  mount: Mount;
  prepared: PreparedRoute;
  readonly target: Target;
}

/** What is mounted in an app. */
export class Mounts {
  readonly #host: MountingApp;
  readonly #entries: Entry[] = [];
  #cut: readonly Cut[] = [];

  constructor(host: MountingApp) {
    this.#host = host;
  }

  get holders(): readonly MountHolder[] {
    return this.#entries;
  }

  /** What the apps that are mounted use. */
  get used(): readonly object[] {
    return this.#entries.flatMap(({ target }) => target.inner?.app.used ?? []);
  }

  /**
   * @param self The app that mounts.
   * @throws CortadoError `CORTADO_PATH_INVALID`, `CORTADO_ROUTE_DUPLICATE`, `CORTADO_OPTION_INVALID`, `CORTADO_OPTION_UNKNOWN`.
   */
  add(given: unknown, other: Mounted, options: MountOptions, self: object): void {
    const prefix = checkPrefix(given);
    const owner = `app.mount('${prefix === '' ? '/' : prefix}')`;
    checkOptions(owner, options, mountRules);
    if (reaches(other, self))
      throw invalidOption(`${owner}: an app cannot be mounted in itself, directly or through another one.`);
    if (this.#entries.some(({ mount }) => mount.prefix === prefix))
      throw new CortadoError('CORTADO_ROUTE_DUPLICATE', `${owner}: something is mounted there already.`);
    const { environment, outer, isHttp2 } = this.#host;
    const { timeout } = options;
    const noteCut = (cut: readonly Cut[]): void => void (this.#cut = [...this.#cut, ...cut]);
    const target = mountTarget(other, owner, isHttp2, { prefix, outer, environment, timeout, noteCut });
    const entry: Entry = { ...this.#plan(prefix, target, options), target };
    target.counted?.(entry.prepared.counter);
    this.#host.add({ ...target.parts, name: entry.mount.name });
    this.#entries.push(entry);
  }

  /** Plans all anew, as another dependency stands in a dependency's place. */
  planAgain(): void {
    for (const entry of this.#entries)
      Object.assign(entry, this.#plan(entry.mount.prefix, entry.target, entry.mount.options));
  }

  /** What a stop has cut of the apps that are mounted; told once. */
  takeCut(): readonly Cut[] {
    const cut = this.#cut;
    this.#cut = [];
    return cut;
  }

  /** Whether anything that is mounted takes sockets. */
  get haveSockets(): boolean {
    return this.#entries.some(({ target }) => target.kind === 'proxy' || target.kind === 'App');
  }

  /** Whether a request is to become a web socket of what is mounted at its path. */
  wantsUpgrade(raw: IncomingMessage, path: string = pathOfTarget(raw.url ?? '/')): boolean {
    if (!asksForWebSocket(raw)) return false;
    const places = this.#entries.flatMap(({ mount, target }) => {
      const rest = belowPrefix(mount.prefix, path);
      return rest === undefined ? [] : [{ length: mount.prefix.length, rest, target }];
    });
    const [nearest] = places.sort((a, b) => b.length - a.length);
    return nearest?.target.wantsUpgrade(raw, nearest.rest) === true;
  }

  #plan(prefix: string, target: Target, options: MountOptions): MountHolder {
    const { environment, guards } = this.#host;
    const route = planMount(prefix, [...guards, ...(options.guards ?? [])], options, environment.container);
    const bodyLimit = options.bodyLimit ?? target.bodyLimit;
    const handOn = (passage: Passage): unknown => {
      const { request } = passage;
      const path = belowPrefix(prefix, pathOfTarget(request.raw.url ?? '/')) ?? '/';
      refuseMisleading(path);
      refuseLarge(request.raw, bodyLimit);
      return target.handOn(passage, { prefix, path, rootPath: `${rootPathOf(request)}${prefix}`, bodyLimit });
    };
    const timeout = target.keepsTime ? undefined : options.timeout;
    const { kind, inner } = target;
    const name = options.name ?? `mount ${prefix === '' ? '/' : prefix}`;
    return {
      mount: { prefix, kind, name, options, plan: route.plan, app: inner?.app },
      prepared: prepareHandOn(route, environment, timeout, handOn),
    };
  }
}

function reaches(one: unknown, app: object): boolean {
  const { mounts } = (one ?? {}) as { readonly mounts?: readonly Mount[] };
  return (
    one === app || (Array.isArray(mounts) && mounts.some((mount) => mount.app !== undefined && reaches(mount.app, app)))
  );
}
