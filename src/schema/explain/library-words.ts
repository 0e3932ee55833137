import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type ArkIssue, arkWords } from './arktype-words.ts';
import { type ValibotIssue, valibotWords } from './valibot-words.ts';
import { type Explained, missing, type Words } from './words.ts';
import { type ZodIssue, zodWords } from './zod-words.ts';

// A message of the app's own, or in another language, says more than any translation.
const standardWords = /^(?:Invalid|Too (?:big|small)|Unrecognized key)|must be .+ \(.+\)$/s;

/** Says in Pydantic's words what a library found that no JSON Schema tells; `undefined` where Pydantic has none, or the app has its own. */
export function wordsFor(issue: StandardSchemaV1.Issue, found: Explained): readonly Words[] | undefined {
  const library = libraryOf(issue);
  if (library === undefined) return undefined;
  if (!found.isPresent) return [missing];
  if (!standardWords.test(issue.message)) return undefined;
  if (library === 'zod') return zodWords(issue as ZodIssue, found);
  const words = library === 'valibot' ? valibotWords(issue as ValibotIssue, found) : arkWords(issue as ArkIssue, found);
  return words && [words];
}

// By what its issues have. An issue that a function of the app made says what the app wrote.
function libraryOf(issue: StandardSchemaV1.Issue): 'zod' | 'valibot' | 'arktype' | undefined {
  const { code, kind } = issue as Partial<ZodIssue & ValibotIssue>;
  if ('problem' in issue) return 'arktype';
  if (kind === 'schema' || kind === 'validation') return 'valibot';
  return code === undefined || code === 'custom' ? undefined : 'zod';
}
