import type { Examples } from '../../declare/examples.ts';

/** Examples by name, those that have none as `example1` and so on. */
export function examplesOf(examples: Examples): object {
  if (!isList(examples)) return examples;
  return Object.fromEntries(examples.map((value, index) => [`example${index + 1}`, { value }]));
}

/** The values alone, as JSON Schema has them; what stands elsewhere has none. */
export function exampleValues(examples: Examples): readonly unknown[] {
  if (isList(examples)) return examples;
  return Object.values(examples).flatMap((example) => ('value' in example ? [example.value] : []));
}

const isList = (examples: Examples): examples is readonly unknown[] => Array.isArray(examples);
