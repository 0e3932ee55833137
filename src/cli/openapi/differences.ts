import { isRecord } from '../../base/is-record.ts';

/** Where a document differs from the one before, a line each, in the order of the members: `+` is new, `-` is gone, `~` is another. */
export function differences(before: unknown, after: unknown): readonly string[] {
  const found: string[] = [];
  compare('', before, after, found);
  return found;
}

function compare(place: string, before: unknown, after: unknown, found: string[]): void {
  if (isRecord(before) && isRecord(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      member(step(place, name), own(before, name), own(after, name), found);
  } else if (Array.isArray(before) && Array.isArray(after)) compareLists(place, before, after, found);
  else if (before !== after) found.push(`~ ${place || 'the document'}: ${shown(before)} → ${shown(after)}`);
}

function member(place: string, before: unknown, after: unknown, found: string[]): void {
  if (before === undefined) found.push(`+ ${place}: ${shown(after)}`);
  else if (after === undefined) found.push(`- ${place}: ${shown(before)}`);
  else compare(place, before, after, found);
}

// A parameter that moved is the same parameter; of plain values what came and what went is told.
function compareLists(place: string, before: readonly unknown[], after: readonly unknown[], found: string[]): void {
  const [names, others] = [before.map(nameOfItem), after.map(nameOfItem)];
  if (!isNaming(names) || !isNaming(others)) {
    for (let at = 0; at < Math.max(before.length, after.length); at++)
      member(`${place}[${at}]`, before[at], after[at], found);
    return;
  }
  for (const name of new Set([...names, ...others])) {
    const [was, is] = [before[names.indexOf(name)], after[others.indexOf(name)]];
    member(`${place}[${name}]`, was, is, found);
  }
  const kept = names.filter((name) => others.includes(name));
  const isMoved = others.filter((name) => names.includes(name)).some((name, at) => name !== kept[at]);
  if (isMoved) found.push(`~ ${place}: in another order, ${others.join(', ')}`);
}

function nameOfItem(item: unknown): string | undefined {
  if (typeof item !== 'object') return JSON.stringify(item);
  if (!isRecord(item)) return undefined;
  const { in: source, name, url, $ref } = item;
  if (typeof name === 'string') return typeof source === 'string' ? `${source} ${name}` : name;
  const text = url ?? $ref;
  return typeof text === 'string' ? text : undefined;
}

/** Whether each item has a name of its own. */
function isNaming(names: readonly (string | undefined)[]): names is readonly string[] {
  return !names.includes(undefined) && new Set(names).size === names.length;
}

const own = (record: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** The way to a member: names that read well after a dot, others in brackets. */
function step(place: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${place}["${name}"]`;
  return place === '' ? name : `${place}.${name}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
