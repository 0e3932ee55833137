import { randomUUID } from 'node:crypto';
import type { Signature } from '../../../contract/signature.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { decodeSignature, decodeSignatures, filledText, finiteNumber, withOptions } from '../wire/signature.ts';

/** What a signature gets from what it is part of. */
export interface Place {
  /** Id of the task whose result is the result of all. */
  readonly id?: string | undefined;
  /** Body of the chord that the result is reported to, and where in its header. */
  readonly chord?: Signature | undefined;
  readonly group?: string | undefined;
  readonly groupIndex?: number | undefined;
}

/**
 * Settles once, before anything is sent, what every task of a signature is: its id, and the chord that it reports to. Chains within chains are
 * spliced, and a group that something follows becomes the header of a chord, so that whoever sends the next task need know nothing else. As
 * Celery's `freeze` and `prepare_steps`; freezing twice changes nothing.
 */
export function freeze(signature: Signature, place: Place = {}): Signature {
  switch (signature.task) {
    case 'celery.chain':
      return freezeChain(signature, placeOf(signature, place));
    case 'celery.group':
      return freezeGroup(signature, placeOf(signature, place));
    case 'celery.chord':
      return freezeChord(signature, placeOf(signature, place));
    default:
      return { ...signature, options: placed(signature.options, place) };
  }
}

/** The signature, with the queue of each of its tasks and their callbacks where it names none: whoever sends them later may not know it. */
export function withQueueNames(signature: Signature, queueOf: (task: string) => string): Signature {
  const named = mapParts(signature, (part) => withQueueNames(part, queueOf));
  const { queue, exchange } = named.options;
  if (isComposed(named) || queue !== undefined || exchange !== undefined) return named;
  return withOptions(named, { queue: queueOf(named.task) });
}

/** The signature, with another one in the place of each that it is made of or leads to. */
export function mapParts(signature: Signature, change: (part: Signature) => Signature): Signature {
  const all = (value: unknown): Signature[] => decodeSignatures(value).map(change);
  const { task, kwargs, options } = signature;
  const links = ['link', 'link_error'].filter((name) => options[name] !== undefined);
  const changed = withOptions(signature, Object.fromEntries(links.map((name) => [name, all(options[name])])));
  if (task === 'celery.chord') {
    const [body] = all(kwargs['body']);
    return { ...changed, kwargs: { ...kwargs, header: all(ungrouped(kwargs['header'])), body } };
  }
  return isComposed(signature) ? { ...changed, kwargs: { ...kwargs, tasks: all(kwargs['tasks']) } } : changed;
}

/** All tasks that a frozen signature is made of. */
export function leaves(signature: Signature): readonly Signature[] {
  const parts = partsOf(signature);
  return parts.length === 0 && !isComposed(signature) ? [signature] : parts.flatMap(leaves);
}

/** The tasks whose results are the result of a frozen signature. */
export function resultLeaves(signature: Signature): readonly Signature[] {
  const parts = partsOf(signature);
  if (!isComposed(signature)) return [signature];
  return (signature.task === 'celery.group' ? parts : parts.slice(-1)).flatMap(resultLeaves);
}

/** How many results of a part of a chord the chord waits for. */
export function countOf(part: Signature): number {
  if (!isComposed(part)) return 1;
  const counts = partsOf(part).map(countOf);
  if (part.task === 'celery.group') return counts.reduce((sum, count) => sum + count, 0);
  return counts.findLast((count) => count > 0) ?? 0;
}

/** The signatures that a header, a group or a list of those stands for, groups within groups spliced. */
export function ungrouped(value: unknown): Signature[] {
  return decodeSignatures(value).flatMap((part) =>
    part.task === 'celery.group'
      ? ungrouped(part.kwargs['tasks']).map((inner) => withArguments(inner, part.args))
      : [part],
  );
}

/** The signature with values put before its arguments, unless it is immutable. */
export function withArguments(part: Signature, args: readonly unknown[]): Signature {
  return part.immutable || args.length === 0 ? part : { ...part, args: [...args, ...part.args] };
}

/** The signature that follows a group: it gets the list of results. */
export function upgraded(group: Signature, body: Signature): Signature {
  const header = groupOf(ungrouped(group), filledText(group.options['task_id']) ?? randomUUID());
  const { immutable } = group;
  return { ...blank, task: 'celery.chord', kwargs: { header, body, kwargs: {} }, subtask_type: 'chord', immutable };
}

/** What a signature has that says nothing but its task. */
export const blank: Omit<Signature, 'task'> = {
  args: [],
  kwargs: {},
  options: {},
  subtask_type: null,
  immutable: false,
};

const composed = ['celery.chain', 'celery.group', 'celery.chord'];

function isComposed({ task }: Signature): boolean {
  return composed.includes(task);
}

function partsOf({ task, kwargs }: Signature): Signature[] {
  if (task === 'celery.chord') return [...ungrouped(kwargs['header']), ...decodeSignatures(kwargs['body'])];
  return composed.includes(task) ? decodeSignatures(kwargs['tasks']) : [];
}

function freezeChain(signature: Signature, place: Place): Signature {
  // Python looks for the errbacks of a chain that never began on the chain itself.
  const { link, ...options } = signature.options;
  const steps = unchained(signature);
  const frozen: Signature[] = [];
  for (const [at, given] of [...steps.entries()].toReversed()) {
    const isLast = at === steps.length - 1;
    let step = single(withLinks(given, 'link_error', options['link_error']));
    if (isLast) step = withLinks(step, 'link', link);
    if (step.task === 'celery.group' && frozen.length > 0) step = upgraded(step, frozen.shift()!);
    frozen.unshift(freeze(step, isLast ? place : {}));
  }
  const id = frozen.length > 0 ? idOf(frozen.at(-1)!) : undefined;
  return {
    ...signature,
    args: [],
    kwargs: { ...signature.kwargs, tasks: frozen },
    options: { ...withoutPlace(options), ...(id !== undefined && { task_id: id }) },
  };
}

function freezeGroup(signature: Signature, place: Place): Signature {
  const { chord, groupIndex } = place;
  const group = (chord === undefined ? place.id : undefined) ?? place.group ?? randomUUID();
  const parts = ungrouped(signature);
  // Between the index of what it is part of and the next one, so that results keep their order.
  const index = (at: number): number => (groupIndex ?? 0) + (groupIndex === undefined ? at : at / parts.length);
  const tasks = parts.map((part, at) => freeze(part, { chord, group, groupIndex: index(at) }));
  return {
    ...signature,
    args: [],
    kwargs: { ...signature.kwargs, tasks },
    options: { ...withoutPlace(signature.options), task_id: group },
  };
}

// A chord that Python froze has the id of its group; any other one that of its body, which Python fails together with a chain.
function freezeChord(signature: Signature, place: Place): Signature {
  const { header, body, kwargs } = signature.kwargs;
  const [given] = decodeSignatures(body);
  const frozen = given && freeze(given, place);
  const own = frozen && idOf(frozen);
  const group =
    filledText(decodeSignature(header)?.options['task_id']) ??
    (place.id === own ? undefined : place.id) ??
    randomUUID();
  const tasks = ungrouped(header).map((part) => freeze(part));
  return {
    ...signature,
    kwargs: { kwargs: kwargs ?? {}, header: groupOf(tasks, group), body: frozen },
    options: { ...withoutPlace(signature.options), task_id: place.id ?? own ?? group },
  };
}

function groupOf(tasks: readonly Signature[], id: string): Signature {
  return { ...blank, task: 'celery.group', kwargs: { tasks }, options: { task_id: id }, subtask_type: 'group' };
}

/** The id of the task whose result is that of all. */
export function idOf(signature: Signature): string | undefined {
  const part = signature.task === 'celery.group' ? signature : resultLeaves(signature)[0];
  return part === undefined || (part !== signature && part.task === 'celery.group')
    ? undefined
    : filledText(part.options['task_id']);
}

// The steps of a chain, one after the other, the first with the arguments of the whole.
function unchained({ kwargs, args }: Signature): Signature[] {
  const steps = decodeSignatures(kwargs['tasks']).flatMap((step) => {
    if (step.task !== 'celery.chain') return [step];
    const inner = unchained(step);
    const links = inner.map((one) => withLinks(one, 'link_error', step.options['link_error']));
    return links.map((one, at) => (at === links.length - 1 ? withLinks(one, 'link', step.options['link']) : one));
  });
  return steps.map((step, at) => (at === 0 ? withArguments(step, args) : step));
}

// A group of one is that one, where it is a step of a chain.
function single(step: Signature): Signature {
  if (step.task !== 'celery.group') return step;
  const parts = ungrouped(step);
  return parts.length === 1 ? parts[0]! : step;
}

// Callbacks of a whole are those of the task whose result it has; every part of it can fail.
function withLinks(signature: Signature, name: 'link' | 'link_error', links: unknown): Signature {
  const added = decodeSignatures(links);
  if (added.length === 0) return signature;
  const { task, kwargs, options } = signature;
  if (task === 'celery.chord') {
    const [body] = decodeSignatures(kwargs['body']);
    return body === undefined ? signature : { ...signature, kwargs: { ...kwargs, body: withLinks(body, name, added) } };
  }
  if (task === 'celery.group') {
    const still = added.map((link) => ({ ...link, immutable: true }));
    const tasks = decodeSignatures(kwargs['tasks']);
    const linked = tasks.map((part, at) => (at === 0 || name === 'link_error' ? withLinks(part, name, still) : part));
    return { ...signature, kwargs: { ...kwargs, tasks: linked } };
  }
  const known = decodeSignatures(options[name]);
  const texts = new Set(known.map((one) => encodeJson(one)));
  return {
    ...signature,
    options: { ...options, [name]: [...known, ...added.filter((one) => !texts.has(encodeJson(one)))] },
  };
}

// What somebody gave it already, by its options.
function placeOf({ options }: Signature, { id, chord, group, groupIndex }: Place): Place {
  return {
    id: id ?? filledText(options['task_id']),
    chord: chord ?? decodeSignature(options['chord']),
    group: group ?? filledText(options['group_id']),
    groupIndex: groupIndex ?? finiteNumber(options['group_index']),
  };
}

function placed(options: Signature['options'], { id, chord, group, groupIndex }: Place): Signature['options'] {
  return {
    ...options,
    task_id: filledText(options['task_id']) ?? id ?? randomUUID(),
    ...(chord !== undefined && { chord }),
    ...(group !== undefined && { group_id: group }),
    ...(groupIndex !== undefined && { group_index: groupIndex }),
  };
}

// It stands on the parts now. Python would give it to the wrong ones.
function withoutPlace(options: Signature['options']): Signature['options'] {
  const { chord: _chord, group_id: _group, group_index: _index, ...rest } = options;
  return rest;
}
