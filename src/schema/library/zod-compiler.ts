import type { ZodCheck, ZodTree } from './zod-tree.ts';

/** What this project needs of Zod's own compiler, which came with Zod 4.5. */
interface ZodCore {
  readonly version: { readonly major: number; readonly minor: number; readonly patch: number };
  readonly globalConfig: { readonly jitless?: boolean };
  readonly compileFn?: (schema: ZodTree) => ZodParser;
  readonly INVALID?: symbol;
  readonly _trim: () => ZodCheck;
  readonly _toLowerCase: () => ZodCheck;
  readonly _toUpperCase: () => ZodCheck;
  readonly _normalize: () => ZodCheck;
  readonly _slugify: () => ZodCheck;
  readonly _minLength: (least: number) => ZodCheck;
  readonly _minSize: (least: number) => ZodCheck;
}

/** Gives what a schema makes of a value, or `refused`. */
export type ZodParser = (value: unknown) => unknown;

/** What a compiled schema says of a value that it does not take, and of one that it cannot tell of. */
export const refused: unique symbol = Symbol.for('zod.compile.invalid');

/** Compiles a schema; throws what Zod says where it cannot. */
export type ZodCompiler = (schema: ZodTree) => ZodParser;

/** Why schemas are not compiled; `loading` for as long as that is not known. */
export type NoCompiler =
  | 'loading'
  | 'no Zod'
  | 'another copy of Zod'
  | 'Zod before 4.5'
  | 'jitless'
  | 'no code generation';

let core: ZodCore | undefined;
let begun: Promise<void> | undefined;
let isGone = false;

/** Loads Zod's compiler, once: the copy that this project finds, which the app's schemas may or may not be of. */
export function loadCompiler(): Promise<void> {
  begun ??= import('zod/v4/core').then(
    (loaded) => {
      core = loaded as unknown as ZodCore;
    },
    () => {
      isGone = true;
    },
  );
  return begun;
}

/** The compiler for the schemas of one copy of Zod, or why there is none. */
export function compilerOf(schema: ZodTree): ZodCompiler | NoCompiler {
  if (isGone) return 'no Zod';
  if (core === undefined) return 'loading';
  if (!isSameVersion(core, schema)) return 'another copy of Zod';
  const { compileFn, INVALID, globalConfig } = core;
  if (compileFn === undefined || INVALID !== refused) return 'Zod before 4.5';
  if (globalConfig.jitless === true) return 'jitless';
  if (!mayGenerateCode()) return 'no code generation';
  return compileFn;
}

// What one release generates is true of what that release made.
function isSameVersion({ version: { major, minor, patch } }: ZodCore, schema: ZodTree): boolean {
  const { version } = schema._zod as unknown as Partial<ZodCore>;
  return version?.major === major && version.minor === minor && version.patch === patch;
}

let isAllowed: boolean | undefined;

/** Whether schemas of Zod can be compiled, as far as this process lets functions be made of text; true where there are none. */
export function mayCompile(): boolean {
  return begun === undefined || (core?.globalConfig.jitless !== true && mayGenerateCode());
}

/** Whether functions may be made of text here; `node --disallow-code-generation-from-strings` forbids it. */
function mayGenerateCode(): boolean {
  if (isAllowed === undefined) {
    try {
      isAllowed = new Function('return true')() as boolean;
    } catch {
      isAllowed = false;
    }
  }
  return isAllowed;
}

let ownTexts: ReadonlySet<string> | undefined;

/** Whether a function in a check is one of Zod's own, as `.trim()` has, and not the app's. */
export function isZodsOwn(one: unknown): boolean {
  if (core === undefined) return false;
  ownTexts ??= textsOf(core);
  return ownTexts.has(String(one));
}

// They are made anew for each schema, of the same text; a function of the app with that text does the same.
function textsOf(zod: ZodCore): Set<string> {
  const { _trim, _toLowerCase, _toUpperCase, _normalize, _slugify, _minLength, _minSize } = zod;
  const changes = [_trim, _toLowerCase, _toUpperCase, _normalize, _slugify].map((make) => make()._zod.def.tx);
  const conditions = [_minLength(0), _minSize(0)].map(({ _zod }) => _zod.def.when);
  return new Set([...changes, ...conditions].map(String));
}
