import { checkOptions } from '../base/check-options.ts';
import { anything, type Rule, shown, string } from '../base/check-values.ts';
import { invalidOption } from '../base/error.ts';
import { isRecord } from '../base/is-record.ts';

/** An example with a name of its own, as OpenAPI has it. */
export interface Example {
  /** One line, shown in the place of the name. */
  readonly summary?: string;
  /** Markdown. */
  readonly description?: string;
  readonly value?: unknown;
  /** Where the value is to be had, in the place of `value`: for what JSON does not hold, or what is large. */
  readonly externalValue?: string;
}

/** Examples for the documentation: values one after another, or each under a name: FastAPI's `examples` and `openapi_examples`. */
export type Examples = readonly unknown[] | Readonly<Record<string, Example>>;

/** Of the option `examples`; `checkExamples` looks at each. */
export const examplesRule: Rule = {
  wanted: 'a list of values, or an object of examples by name',
  fits: (value) => Array.isArray(value) || isRecord(value),
};

const rules = { summary: string, description: string, value: anything, externalValue: string };

/** Throws where a named example is none. */
export function checkExamples(owner: string, examples: Examples | undefined): void {
  if (examples === undefined || Array.isArray(examples)) return;
  for (const [name, example] of Object.entries(examples)) {
    const what = `${owner}: the example "${name}"`;
    if (!isRecord(example)) throw invalidOption(`${what} must be an object, { value: … }, not ${shown(example)}.`);
    checkOptions(what, example, rules);
    if (Number('value' in example) + Number('externalValue' in example) !== 1)
      throw invalidOption(`${what} must have either its value or an externalValue.`);
  }
}
