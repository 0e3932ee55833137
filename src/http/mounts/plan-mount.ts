import type { Dependency } from '../../declare/dependency.ts';
import { planFunction } from '../../declare/plan/plan-function.ts';
import { parsePath } from '../../declare/route/path-template.ts';
import type { Route } from '../../declare/route/route.ts';
import type { Container } from '../../inject/container.ts';
import type { MountOptions } from './mount-options.ts';

/** Plans what stands before a mount, as a route of all methods that has guards and no inputs of its own. */
export function planMount(
  prefix: string,
  guards: readonly Dependency<unknown, string>[],
  { limits }: MountOptions,
  container: Container,
): Route {
  const name = `ANY ${prefix}/*`;
  const path = prefix === '' ? '/' : prefix;
  const plan = planFunction({
    owner: name,
    params: {},
    guards,
    pathNames: [],
    coerceBody: false,
    nestedQuery: false,
    substitute: container.substitute,
  });
  container.declare(plan);
  const settings = { guards, documented: false, ...(limits !== undefined && { limits }) };
  return {
    // Nothing looks at the method: the router's entry has all.
    definition: { method: 'GET', path, params: {}, response: undefined, settings, handler: () => undefined },
    name,
    template: parsePath(path),
    plan,
    status: 200,
    output: undefined,
  };
}
