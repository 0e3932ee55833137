import { Random } from '../support/random.ts';
import type { BadInput } from './bad-input.ts';
import { streams } from './classes/answers.ts';
import { cookieHeaders } from './classes/cookies.ts';
import { credentials } from './classes/credentials.ts';
import { multipartForms, urlencodedForms } from './classes/forms.ts';
import { framing } from './classes/framing.ts';
import { heads } from './classes/heads.ts';
import { type BadFrames, http2Frames } from './classes/http2-frames.ts';
import { jsonBodies } from './classes/json.ts';
import { queryStrings } from './classes/queries.ts';
import { cursors, filters, ids } from './classes/rows.ts';
import { requestTargets } from './classes/targets.ts';
import { taskRoutes } from './classes/tasks.ts';

export type { BadInput } from './bad-input.ts';
export type { BadFrames } from './classes/http2-frames.ts';

/** All bad inputs of a seed, each once by what is sent. The seed decides those that are made at random. */
export function corpus(seed: number): readonly BadInput[] {
  const random = new Random(seed);
  return distinct([
    ...framing(),
    ...heads(),
    ...requestTargets(random),
    ...queryStrings(random),
    ...cookieHeaders(),
    ...urlencodedForms(random),
    ...multipartForms(random),
    ...jsonBodies(random),
    ...streams(),
    ...cursors(random),
    ...ids(),
    ...filters(random),
    ...taskRoutes(),
    ...credentials(),
  ]);
}

/** Sequences of HTTP/2 frames, each once by what is sent. */
export function frameCorpus(seed: number): readonly BadFrames[] {
  return distinct(http2Frames(new Random(seed)));
}

function distinct<Input extends { readonly key: string }>(inputs: readonly Input[]): Input[] {
  return [...new Map(inputs.map((input) => [input.key, input])).values()];
}
