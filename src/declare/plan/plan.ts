import type { StandardSchemaV1 } from '@standard-schema/spec';
import { shown } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { compileField, type Field, type Mode } from '../../schema/field.ts';
import type { Loc } from '../../schema/issues/issue.ts';
import { takesFiles } from '../../schema/json/json-schema.ts';
import { isSchema } from '../../schema/standard.ts';
import type { Dependency } from '../dependency.ts';
import { isDependency } from '../dependency.ts';
import { isParam, type Param, type ParamDocs, type Source } from '../param.ts';
import type { Security } from '../security.ts';
import type { Params } from '../values.ts';
import { collectSecurity } from './collect-security.ts';
import { misfitOf } from './misfit.ts';

/** One value to be read from the wire and validated. */
export interface PlannedField {
  readonly name: string;
  /** Its name on the wire. */
  readonly key: string;
  readonly source: Source;
  readonly field: Field;
  /** An object schema that takes all values of its source: a query, header, cookie or form model, or a body without key. */
  readonly whole: boolean;
  readonly loc: Loc;
  readonly slot: number;
  /** Needed by a guard, so it is read before the body. */
  readonly early: boolean;
  /** An input of the function itself, and not only of a dependency. */
  readonly own: boolean;
  readonly convertUnderscores: boolean;
  readonly docs: ParamDocs;
}

/** One argument of a function: the name it has there, and the slot that holds its value. */
export interface Binding {
  readonly name: string;
  readonly slot: number;
}

/** One run of a dependency. */
export interface PlannedCall {
  readonly dependency: Dependency<unknown, string>;
  readonly bindings: readonly Binding[];
  readonly slot: number;
  /** Whether it was declared as a guard, not only asked for by one. */
  readonly isGuard?: true;
}

/**
 * Everything that a declared function needs, worked out once. Validation, injection, OpenAPI and tests read the same plan; a request or
 * task run only walks it. Values live in numbered slots.
 */
export interface Plan {
  readonly owner: string;
  readonly slots: number;
  /** In the order of their validation: those of dependencies first, and for each function path, query, headers, cookies, body. */
  readonly fields: readonly PlannedField[];
  /** Guards and what they ask for, in the order of their evaluation; then the other dependencies that read a credential. */
  readonly guards: readonly PlannedCall[];
  /** The other dependencies, depth first. */
  readonly calls: readonly PlannedCall[];
  /** The function's own arguments. */
  readonly bindings: readonly Binding[];
  /** Slots of dependencies, to find one that is asked for while the function runs. */
  readonly slotOf: ReadonlyMap<Dependency<unknown, string>, number>;
  /** The credentials that it reads. As declared: what stands in for a dependency in tests changes nothing of it. */
  readonly security: readonly Security[];
}

/** Options of {@link planFunction}. */
export interface PlanOptions {
  /** What is planned, for error messages: `GET /users/{user_id}`. */
  readonly owner: string;
  readonly params: Params;
  readonly guards?: readonly Dependency<unknown, string>[];
  /** Names in the path template. */
  readonly pathNames?: readonly string[];
  /** Source of a bare schema: `route` is FastAPI's rule, `task` takes everything from the payload. Default `route`. */
  readonly rule?: 'route' | 'task';
  /** Takes JSON bodies in Pydantic's lax mode. Default `false`. */
  readonly coerceBody?: boolean;
  /** Whether the app reads query strings in a way of its own, which may make objects of them. Default `false`. */
  readonly nestedQuery?: boolean;
  /** What stands in for a dependency, in tests. */
  readonly substitute?: (dependency: Dependency<unknown, string>) => Dependency<unknown, string>;
}

const textSources: readonly Source[] = ['path', 'query', 'header', 'cookie', 'form'];
const earlySources: readonly Source[] = ['path', 'query', 'header', 'cookie'];

/** Where a source stands in the order in which FastAPI validates and documents them; all of the body is one. */
export function rankOf({ source }: { readonly source: Source }): number {
  const rank = earlySources.indexOf(source);
  return rank < 0 ? earlySources.length : rank;
}

/**
 * Plans a declared function: its inputs, and those of all dependencies below it.
 *
 * @throws CortadoError naming the culprit: illegal scopes, cycles, names that clash, guards that ask for the body.
 */
export function planFunction(options: PlanOptions): Plan {
  const planner = new Planner(options);
  const guards = planner.guards(options.guards ?? []);
  const bindings = planner.bind(options.params, options.owner, []);
  return planner.finish(guards, bindings);
}

interface DraftField extends Omit<PlannedField, 'early' | 'own' | 'loc' | 'whole' | 'slot'> {
  readonly slot: number;
  readonly embed: boolean;
  early: boolean;
  own: boolean;
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
    const isOwn = above.length === 0;
    if (isParam(declared)) return this.#field(name, declared.schema, declared, owner, isOwn);
    if (isSchema(declared)) return this.#field(name, declared, undefined, owner, isOwn);
    return this.#fail(
      'CORTADO_PARAM_INVALID',
      `"${name}"${owner === this.#options.owner ? '' : ` of ${owner}`} is ${shown(declared)}, neither a Standard Schema nor a dependency; ${remedy(declared)}.`,
    );
  }

  finish(guards: readonly PlannedCall[], bindings: readonly Binding[]): Plan {
    const { owner, pathNames = [] } = this.#options;
    for (const name of pathNames) {
      if (!this.#fields.some((field) => field.source === 'path' && field.key === name)) {
        this.#fail(
          'CORTADO_PATH_PARAMETER',
          `its path has {${name}}, but no parameter "${name}" is declared. Add it to params: { ${name}: z.string() }.`,
        );
      }
    }
    const embedded = this.#isBodyEmbedded();
    this.#refuseMixedBodies();
    const fields = [...this.#validated].map((field) => placed(field, embedded, this.#wholeForm()));
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

  #field(
    name: string,
    schema: StandardSchemaV1,
    param: Param<unknown> | undefined,
    owner: string,
    own: boolean,
  ): DraftField {
    const source = param?.source ?? this.#sourceOf(name, schema);
    const key = wireName(name, source, param);
    const same = this.#fields.find((field) => field.source === source && field.key === key);
    if (same !== undefined && same.field.schema === schema && same.name === name) {
      same.early ||= this.#inGuard;
      same.own ||= own;
      return same;
    }
    if (source === 'path' && !(this.#options.pathNames ?? []).includes(key)) {
      this.#fail(
        'CORTADO_PATH_PARAMETER',
        `the parameter "${name}" of ${owner} is declared with path(), but the path has no {${key}}.`,
      );
    }
    if (this.#inGuard && !earlySources.includes(source) && source !== 'payload') {
      this.#fail(
        'CORTADO_GUARD_BODY',
        `a guard asks for "${name}" from the ${source}, but guards run before the body is read. Make it one of params instead.`,
      );
    }
    const field = fieldOf(
      schema,
      modeOf(source, this.#options.coerceBody ?? false),
      `${this.#options.owner}: parameter "${name}" of ${owner}`,
    );
    if (source === 'path' && (field.shape === 'object' || field.shape === 'array')) {
      this.#fail(
        'CORTADO_PARAM_INVALID',
        `the path parameter "${name}" is one piece of text, but its schema takes an ${field.shape}.`,
      );
    }
    this.#refuseMisfit(name, source, field);
    const draft: DraftField = {
      name,
      key,
      source,
      field,
      slot: this.#slots++,
      early: this.#inGuard,
      own,
      embed: param?.embed ?? false,
      convertUnderscores: param?.convertUnderscores ?? true,
      docs: param ?? {},
    };
    this.#fields.push(draft);
    return draft;
  }

  // Every request would be a 422.
  #refuseMisfit(name: string, source: Source, { json, shape, required }: Field): void {
    if (source === 'query' && this.#options.nestedQuery === true) return;
    const misfit = misfitOf(json, source, { whole: shape === 'object' && source !== 'file', required });
    if (misfit === undefined) return;
    const place = [name, ...misfit.path].join('.');
    this.#fail('CORTADO_PARAM_INVALID', `"${place}" ${carried(source)}, but its schema takes ${misfit.takes}.`);
  }

  // FastAPI's rule: a name of the path template, else a scalar is a query parameter, a file one of a form, and anything else the JSON body.
  #sourceOf(name: string, schema: StandardSchemaV1): Source {
    if (this.#options.rule === 'task') return 'payload';
    if (this.#options.pathNames?.includes(name)) return 'path';
    const { shape, json } = fieldOf(schema, 'strict', `${this.#options.owner}: parameter "${name}"`);
    if (takesFiles(json)) return 'file';
    return shape === 'object' || shape === 'array' ? 'body' : 'query';
  }

  #isBodyEmbedded(): boolean {
    const bodies = this.#fields.filter((field) => field.source === 'body');
    return bodies.some((field) => field.embed) || new Set(bodies.map((field) => field.key)).size > 1;
  }

  #wholeForm(): boolean {
    const forms = this.#fields.filter((field) => field.source === 'form' || field.source === 'file');
    return forms.length === 1 && forms[0]!.field.shape === 'object';
  }

  #refuseMixedBodies(): void {
    const forms = this.#fields.filter((field) => field.source === 'form' || field.source === 'file');
    const model = forms.find((field) => field.field.shape === 'object');
    if (model !== undefined && forms.length > 1) {
      this.#fail(
        'CORTADO_PARAM_INVALID',
        `"${model.name}" has an object schema, which takes the whole form, so it must be the only form or file parameter.`,
      );
    }
    const sources = new Set(this.#fields.map((field) => field.source));
    if (sources.has('body') && (sources.has('form') || sources.has('file'))) {
      this.#fail(
        'CORTADO_PARAM_INVALID',
        'it declares both a JSON body and form fields, but a request has only one body.',
      );
    }
  }

  #fail(code: ConstructorParameters<typeof CortadoError>[0], why: string): never {
    throw new CortadoError(code, `${this.#options.owner}: ${why}`);
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

function carried(source: Source): string {
  if (source === 'file') return 'is a file (a text of the form would be form())';
  if (source === 'body') return 'comes from JSON, which has no files (those of a form are form() and file())';
  if (source === 'payload')
    return 'is input of a task, kept as JSON, which has no files (pass where the file is, or its bytes as base64)';
  return source === 'form' ? 'comes from a form as text, or as a file' : `comes from the ${source} as text`;
}

function placed(field: DraftField, bodyEmbedded: boolean, wholeForm: boolean): PlannedField {
  const { embed: _, ...rest } = field;
  const whole =
    field.source === 'body'
      ? !bodyEmbedded
      : field.source === 'form'
        ? wholeForm
        : (field.source === 'query' || field.source === 'header' || field.source === 'cookie') &&
          field.field.shape === 'object';
  if (field.source === 'payload') return { ...rest, whole: false, loc: [field.key] };
  const place = field.source === 'form' || field.source === 'file' ? 'body' : field.source;
  return { ...rest, whole, loc: whole ? [place] : [place, field.key] };
}

function wireName(name: string, source: Source, param: Param<unknown> | undefined): string {
  if (param?.alias !== undefined) return source === 'header' ? param.alias.toLowerCase() : param.alias;
  if (source !== 'header') return name;
  return (param?.convertUnderscores === false ? name : name.replaceAll('_', '-')).toLowerCase();
}

function modeOf(source: Source, coerceBody: boolean): Mode {
  if (textSources.includes(source)) return 'text';
  return source === 'body' && coerceBody ? 'lax' : 'strict';
}

const compiled = new WeakMap<object, Partial<Record<Mode, Field>>>();

// One schema is often declared in many places; it is compiled once per mode.
function fieldOf(schema: StandardSchemaV1, mode: Mode, owner: string): Field {
  let modes = compiled.get(schema);
  if (modes === undefined) compiled.set(schema, (modes = {}));
  return (modes[mode] ??= compileField(schema, mode, owner));
}
