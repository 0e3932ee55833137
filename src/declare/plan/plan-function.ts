import { shown } from '../../base/check-values.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { isSchema } from '../../schema/standard.ts';
import { type Around, type AroundPlace, isAround } from '../around.ts';
import { type Dependency, isDependency } from '../dependency.ts';
import { isParam } from '../param.ts';
import type { Security } from '../security.ts';
import type { Params } from '../values.ts';
import type { Binding, Plan, PlannedAround, PlannedCall, PlanOptions } from './plan.ts';
import { placeFields } from './plan-body.ts';
import { type DeclaredInput, type DraftField, originOf, planInput, rankOf, refusePlan } from './plan-input.ts';

/**
 * Plans a declared function: its inputs, and those of all dependencies below it.
 *
 * @throws CortadoError naming the culprit: illegal scopes, cycles, names that clash, guards that ask for the body.
 */
export function planFunction(options: PlanOptions): Plan {
  const planner = new Planner(options);
  const outside = planner.outside(options.around ?? []);
  const guards = planner.guards(options.guards ?? []);
  const inside = planner.inside(options.around ?? []);
  const bindings = planner.bind(options.params, options.owner, []);
  return { ...planner.finish(guards, bindings), ...outside, inside };
}

class Planner {
  readonly #options: PlanOptions;
  readonly #fields: DraftField[] = [];
  /** The same fields in the order of their validation. */
  readonly #validated = new Set<DraftField>();
  readonly #calls: PlannedCall[] = [];
  /** Calls that read a credential: who may not enter is told so before the body is read. */
  readonly #credentials: PlannedCall[] = [];
  readonly #slotOf = new Map<Dependency<unknown, string>, number>();
  #slots = 0;
  #inGuard = false;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  guards(guards: readonly Dependency<unknown, string>[]): PlannedCall[] {
    this.#inGuard = true;
    const slots = new Set<number>();
    for (const guard of guards) {
      if (!isDependency(guard))
        this.#fail('CORTADO_PARAM_INVALID', 'guards must be dependencies: guards: [dependency(...)].');
      slots.add(this.#call(guard, []));
    }
    this.#inGuard = false;
    return this.#calls.splice(0).map((call) => (slots.has(call.slot) ? { ...call, isGuard: true } : call));
  }

  /** What stands outside of a request's dependencies reads its inputs first, as guards do, and can ask for no value that lives in there. */
  outside(all: readonly Around[]): Pick<Plan, 'outside' | 'outsideCalls'> {
    this.#inGuard = true;
    const outside = this.#arounds(all, 'outside');
    this.#inGuard = false;
    const calls = this.#calls.splice(0);
    const inner = calls.find(({ dependency }) => dependency.scope !== 'app');
    if (inner !== undefined) {
      const why = `a function outside of the request's dependencies asks for "${inner.dependency.name}", which is one of them. Place it inside: around(params, fn, { place: 'inside' }).`;
      this.#fail('CORTADO_DEPENDENCY_SCOPE', why);
    }
    return { outside, outsideCalls: calls };
  }

  inside(all: readonly Around[]): readonly PlannedAround[] {
    return this.#arounds(all, 'inside');
  }

  #arounds(all: readonly Around[], place: AroundPlace): PlannedAround[] {
    return all.flatMap((around) => {
      if (!isAround(around))
        this.#fail('CORTADO_PARAM_INVALID', 'around must be a list of functions: around: [around(fn)].');
      if (around.place !== place) return [];
      return { around, bindings: this.bind(around.params, `around "${around.name}"`, []) };
    });
  }

  bind(params: Params, owner: string, above: readonly Dependency<unknown, string>[]): Binding[] {
    const slots = new Map<string, number>();
    const own: DraftField[] = [];
    for (const [name, declared] of Object.entries(params)) {
      if (isDependency(declared)) continue;
      const field = this.#input(name, declared, owner, above);
      slots.set(name, field.slot);
      own.push(field);
    }
    for (const [name, declared] of Object.entries(params))
      if (isDependency(declared)) slots.set(name, this.#call(declared, above));
    for (const field of own.sort((a, b) => rankOf(a) - rankOf(b))) this.#validated.add(field);
    return Object.keys(params).map((name) => ({ name, slot: slots.get(name)! }));
  }

  #input(name: string, declared: unknown, owner: string, above: readonly Dependency<unknown, string>[]): DraftField {
    const scoped = above.find((dependency) => dependency.scope === 'app');
    if (scoped !== undefined) {
      this.#fail(
        'CORTADO_DEPENDENCY_SCOPE',
        `the app-scoped dependency "${scoped.name}" asks for the input "${name}", which only a request or task has.`,
      );
    }
    const own = above.length === 0;
    const early = this.#inGuard;
    if (isParam(declared)) return this.#add({ name, schema: declared.schema, param: declared, owner, own, early });
    if (isSchema(declared)) return this.#add({ name, schema: declared, param: undefined, owner, own, early });
    return this.#fail(
      'CORTADO_PARAM_INVALID',
      `"${name}"${owner === this.#options.owner ? '' : ` of ${owner}`} is ${shown(declared)}, neither a Standard Schema nor a dependency; ${remedy(declared)}.`,
    );
  }

  finish(
    guards: readonly PlannedCall[],
    bindings: readonly Binding[],
  ): Omit<Plan, 'outside' | 'outsideCalls' | 'inside'> {
    const { owner, pathNames = [], sharesPath = false } = this.#options;
    for (const name of sharesPath ? [] : pathNames) {
      if (!this.#fields.some((field) => field.source === 'path' && field.key === name)) {
        this.#fail(
          'CORTADO_PATH_PARAMETER',
          `its path has {${name}}, but no parameter "${name}" is declared. Add it to params: { ${name}: z.string() }.`,
        );
      }
    }
    const fields = placeFields(this.#fields, this.#validated, this.#options);
    return {
      owner,
      slots: this.#slots,
      fields,
      guards: [...guards, ...this.#credentials],
      calls: this.#calls,
      bindings,
      slotOf: this.#slotOf,
      security: this.#security(),
    };
  }

  #call(declared: Dependency<unknown, string>, above: readonly Dependency<unknown, string>[]): number {
    const dependency = this.#options.substitute?.(declared) ?? declared;
    const known = this.#slotOf.get(dependency);
    if (known !== undefined && dependency.cache) return known;
    const path = [...above, dependency];
    if (above.includes(dependency)) {
      this.#fail(
        'CORTADO_DEPENDENCY_CYCLE',
        `its dependencies go in a circle: ${path.map((step) => `"${step.name}"`).join(' → ')}.`,
      );
    }
    const appScoped = above.at(-1);
    if (appScoped?.scope === 'app' && dependency.scope === 'request') {
      this.#fail(
        'CORTADO_DEPENDENCY_SCOPE',
        `the app-scoped dependency "${appScoped.name}" asks for "${dependency.name}", which lives only as long as a request.`,
      );
    }
    this.#refuseSameName(dependency);
    this.#refuseCredentialParams(dependency);
    const owner = `dependency "${dependency.name}"`;
    // An app-scoped value is there before any request is: the container plans its inputs, here they are only checked.
    const bindings =
      dependency.scope === 'app'
        ? new Planner(this.#options).bind(dependency.params, owner, path).slice(0, 0)
        : this.bind(dependency.params, owner, path);
    const slot = this.#slots++;
    this.#slotOf.set(dependency, slot);
    if (declared !== dependency) this.#slotOf.set(declared, slot);
    const early = dependency.security !== undefined && !this.#inGuard;
    (early ? this.#credentials : this.#calls).push({ dependency, bindings, slot });
    return slot;
  }

  #security(): readonly Security[] {
    const { guards = [], params, rule } = this.#options;
    const security = collectSecurity(guards, params);
    if (rule === 'task' && security.length > 0) {
      this.#fail(
        'CORTADO_DEPENDENCY_SCOPE',
        `it depends on "${security[0]!.name}", which reads a credential from a request; pass what the task needs as its input.`,
      );
    }
    return security;
  }

  // It runs before its turn, when what it would ask for is not there.
  #refuseCredentialParams({ name, security, params }: Dependency<unknown, string>): void {
    if (security === undefined || Object.keys(params).length === 0) return;
    this.#fail(
      'CORTADO_PARAM_INVALID',
      `the dependency "${name}" reads a credential, so it must have no params: let it read the context, and others depend on it.`,
    );
  }

  // Names that people gave stand in messages and reports, so one name must not mean two things.
  #refuseSameName(dependency: Dependency<unknown, string>): void {
    for (const other of this.#slotOf.keys()) {
      if (other !== dependency && other.named && dependency.named && other.name === dependency.name) {
        this.#fail('CORTADO_DEPENDENCY_NAME', `two different dependencies are named "${dependency.name}".`);
      }
    }
  }

  // One input that several functions declare is one field.
  #add(input: DeclaredInput): DraftField {
    const origin = originOf(input, this.#options);
    const same = this.#fields.find(({ source, key }) => source === origin.source && key === origin.key);
    if (same !== undefined && same.field.schema === input.schema && same.name === input.name) {
      same.early ||= input.early;
      same.own ||= input.own;
      return same;
    }
    const field = planInput(input, origin, this.#slots++, this.#options);
    this.#fields.push(field);
    return field;
  }

  #fail(code: ErrorCode, why: string): never {
    return refusePlan(this.#options, code, why);
  }
}

// Types of other frameworks, and what is a dependency in FastAPI.
function remedy(declared: unknown): string {
  if (declared === Number) return 'write z.number(), or z.int()';
  if (declared === String) return 'write z.string()';
  if (declared === Boolean) return 'write z.boolean()';
  if (typeof declared === 'function' && !/^class\b/.test(String(declared)))
    return `write dependency(${declared.name || 'fn'}) to have it called`;
  return 'write z.string() for example';
}

/** What guards and parameters, and all dependencies below them, say of the credentials that they read; each once. */
function collectSecurity(guards: readonly Dependency<unknown, string>[], params: Params): readonly Security[] {
  const found = new Set<Security>();
  const seen = new Set<unknown>();
  const visit = (declared: unknown): void => {
    if (!isDependency(declared) || seen.has(declared)) return;
    seen.add(declared);
    if (declared.security !== undefined) found.add(declared.security);
    Object.values(declared.params).forEach(visit);
  };
  [...guards, ...Object.values(params)].forEach(visit);
  return [...found];
}
