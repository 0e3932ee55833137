import { runOutsideFrames } from '../../concurrency/frame.ts';
import type { ComponentParts, Gauge, Observe } from '../../inject/component.ts';
import { prefixedRoute } from '../request/open-requests.ts';
import type { RouteEnvironment } from '../road/passage.ts';
import type { Cut } from '../stop/stop.ts';
import { handOver } from './hand-over.ts';
import type { InnerApp, MountableApp, OuterApp } from './inner-app.ts';
import type { Target } from './target.ts';

/** What an App adds to the one that it is mounted in. */
export interface AppMount {
  readonly app: MountableApp;
  readonly prefix: string;
  readonly outer: OuterApp;
  readonly environment: RouteEnvironment;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  /** Told what of the app a stop has cut. */
  readonly noteCut: (cut: readonly Cut[]) => void;
}

/** Another App as the target of a mount: with a router, errors and documentation of its own, and with the life of the outer one. */
export function appTarget({ app, prefix, outer, environment, timeout, noteCut }: AppMount): Target {
  const inner = app['~mountedIn']({ ...outer, rootPath: () => `${outer.rootPath()}${prefix}` });
  // For good: it holds for every start.
  environment.signals.ends.add({ abort: (reason) => inner.abort(reason as never) });
  return {
    kind: 'App',
    inner,
    bodyLimit: Number.POSITIVE_INFINITY,
    keepsTime: true,
    // It begins a frame of its own for each request.
    handOn: (passage, place) =>
      handOver(passage, place, {
        isApp: true,
        timeout,
        take: (raw, response) => runOutsideFrames(() => inner.handle(raw, response)),
      }),
    parts: partsOf(inner, prefix, noteCut),
    counted: (counter) => environment.requests.addInner(prefix, counter, inner.requests),
    wantsUpgrade: inner.wantsUpgrade,
  };
}

function partsOf(inner: InnerApp, prefix: string, noteCut: AppMount['noteCut']): Omit<ComponentParts, 'name'> {
  const { app } = inner;
  const where = prefix === '' ? '/' : prefix;
  return {
    start: () => app.ready(),
    stopping: () => inner.stopping(),
    stop: async (overdue) => {
      const cut = await inner.stop(overdue);
      // What was open of it is in the account of the outer app.
      const parts = cut.filter(({ what }) => what === 'component');
      noteCut(parts.map((part) => ({ ...part, name: `${where}: ${part.name}` })));
    },
    notReady: () => {
      const reasons = app.notReady();
      return reasons.length === 0 ? undefined : `${where}: ${reasons.join(', ')}`;
    },
    check: () => inner.check(),
    measure: async () => (await inner.measure()).map((gauge) => ({ ...gauge, ...labelled(gauge, prefix) })),
    observe: (listener: Observe) =>
      inner.observe((observation) => listener({ ...observation, labels: labelsBelow(observation.labels, prefix) })),
  };
}

function labelled({ labels }: Gauge, prefix: string): Pick<Gauge, 'labels'> {
  return labels === undefined ? {} : { labels: labelsBelow(labels, prefix) };
}

/** Labels of a figure with the route, or the owner that is one, as the outer app knows it. */
function labelsBelow(labels: Readonly<Record<string, string>>, prefix: string): Readonly<Record<string, string>> {
  const { route, owner } = labels;
  if (route?.startsWith('/')) return { ...labels, route: `${prefix}${route}` };
  return owner !== undefined && / \//.test(owner) ? { ...labels, owner: prefixedRoute(prefix, owner) } : labels;
}
