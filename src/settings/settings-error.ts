import { CortadoError } from '../base/error.ts';

/** One mistake in the settings of a process. */
export interface WrongSetting {
  /** What is wrong, as in a 422: `missing`, `int_parsing` … */
  readonly type: string;
  /** The variable, and the place in it where it holds several values. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
}

/**
 * The environment does not fit the schema of {@link settings}; `issues` has all that is wrong, and no value, as any may be a secret.
 *
 * @example
 * ```ts
 * try { settings(schema) } catch (error) { if (error instanceof SettingsError) console.error(error.message) }
 * ```
 */
export class SettingsError extends CortadoError {
  override name = 'SettingsError';
  readonly issues: readonly WrongSetting[];

  constructor(issues: readonly WrongSetting[], sources: string) {
    const lines = issues.map(({ loc, msg }) => `\n  ${loc.join('.')}: ${msg}`);
    const count = issues.length === 1 ? 'A setting is wrong' : `${issues.length} settings are wrong`;
    super('CORTADO_SETTINGS_INVALID', `${count} (${sources}):${lines.join('')}`);
    this.issues = issues;
  }
}
