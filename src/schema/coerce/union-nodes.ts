import { isNull, type JsonSchema, resolveRef, typeOf } from '../json/json-schema.ts';
import { becomesMark, formatMark, literalMark } from '../json/marks.ts';
import { valueOfText } from './scalar-nodes.ts';
import { type Attempt, below, type Compile, isOver, type Node, report, trying, type Walk } from './walk.ts';
import { quoted, tagWords, wrongType } from './words.ts';

/** Compiles alternatives: `null` or a value, a union that a property tells apart, or one where all are tried. */
export function unionNode(json: JsonSchema, branches: readonly JsonSchema[], compile: Compile, root: JsonSchema): Node {
  const options = branches.flatMap((written): Option[] => {
    const branch = resolveRef(written, root);
    return isNull(branch) ? [] : [{ json: branch, label: labelOf(written, branch), node: compile(written) }];
  });
  const nullable = options.length < branches.length;
  const tag = json.oneOf === undefined ? undefined : tagOf(options, root);
  const inner =
    options.length === 1 ? options[0]!.node : tag === undefined ? smartNode(options) : taggedNode(tag, options, root);
  return nullable ? (input, walk) => (input === null ? null : inner(input, walk)) : inner;
}

interface Option {
  readonly json: JsonSchema;
  readonly label: string;
  readonly node: Node;
}

// Pydantic's smart mode: an exact match wins over one that needs coercion, and of models the one that knows most of what is there; where
// none fits, all say why.
function smartNode(options: readonly Option[]): Node {
  // One for each mode: what came of trying an object is remembered under it.
  const modes = [{ lax: false }, { lax: true }] as const;
  const attempt = (mode: { readonly lax: boolean }, input: unknown, walk: Walk): Attempt => {
    const known = typeof input === 'object' && input !== null ? resultsFor(input, walk) : undefined;
    const before = known?.get(mode);
    if (before !== undefined) return before;
    let made: Attempt = { fits: false, value: input, known: -1 };
    for (const { node } of options) {
      const walked = trying(mode.lax, walk);
      // Places do not matter here, only how deep they are.
      const value = node(input, walked);
      if (isOver(walked) || walked.known.count <= made.known) continue;
      made = { fits: true, value, known: walked.known.count };
      if (known === undefined) break;
    }
    known?.set(mode, made);
    return made;
  };
  return (input, walk) => {
    const exact = attempt(modes[0], input, walk);
    const found = exact.fits || !walk.lax ? exact : attempt(modes[1], input, walk);
    if (found.fits) {
      walk.known.count += found.known;
      return found.value;
    }
    if (walk.most === 0) return input;
    if (walk.most === 1) return report(walk, input, { type: 'union', msg: 'no alternative fits' });
    for (const { label, node } of options) below(walk, label, node, input);
    return input;
  };
}

function resultsFor(input: object, { tried }: Walk): Map<object, Attempt> {
  let results = tried.get(input);
  if (results === undefined) tried.set(input, (results = new Map()));
  return results;
}

// Libraries write a discriminated union as `oneOf`, whose branches all fix one property.
function tagOf(options: readonly Option[], root: JsonSchema): string | undefined {
  const [first, ...others] = options.map(({ json }) => json.properties);
  if (first === undefined || others.length === 0) return undefined;
  const isTag = (property: JsonSchema | undefined): boolean =>
    property !== undefined && tagsIn(resolveRef(property, root)).length > 0;
  return Object.keys(first).find((key) => isTag(first[key]) && others.every((properties) => isTag(properties?.[key])));
}

function taggedNode(tag: string, options: readonly Option[], root: JsonSchema): Node {
  const byTag = new Map(
    options.flatMap(({ json, node }) =>
      tagsIn(resolveRef(json.properties![tag]!, root)).map((value) => [value, node] as const),
    ),
  );
  const tags = [...byTag.keys()];
  const discriminator = `'${tag}'`;
  const untagged = `Unable to extract tag using discriminator ${discriminator}`;
  return (input, walk) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      return report(walk, input, wrongType.object);
    if (!Object.hasOwn(input, tag))
      return report(walk, input, { type: 'union_tag_not_found', msg: untagged, ctx: { discriminator } });
    const value = (input as Record<string, unknown>)[tag];
    const node =
      byTag.get(value) ?? (walk.lax && typeof value === 'string' ? byTag.get(valueOfText(value, tags)) : undefined);
    if (node !== undefined) return below(walk, String(value), node, input);
    return report(walk, input, tagWords(tag, shownTag(value), tags));
  };
}

// An object from a client need not have a text: its `toString` may be anything, and it may be of any size.
function shownTag(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 200);
  return Array.isArray(value) ? '[…]' : '{…}';
}

function tagsIn(json: JsonSchema): readonly unknown[] {
  return 'const' in json ? [json.const] : (json.enum ?? []);
}

const labels: Readonly<Record<string, string>> = {
  integer: 'int',
  number: 'float',
  string: 'str',
  boolean: 'bool',
  array: 'list',
  object: 'dict',
};

const valueLabels: Readonly<Record<string, string>> = {
  'plain-date': 'date',
  'plain-time': 'time',
  instant: 'datetime',
  'plain-date-time': 'datetime',
  length: 'timedelta',
  'exact-decimal': 'decimal',
  bytes: 'bytes',
};

function labelOf(written: JsonSchema, json: JsonSchema): string {
  const name =
    written.$ref?.split('/').at(-1) ?? json.title ?? (typeof json['id'] === 'string' ? json['id'] : undefined);
  if (name === undefined && ('const' in json || json[literalMark] === true))
    return `literal[${tagsIn(json).map(quoted).join(',')}]`;
  const value = json[becomesMark] === 'set' ? 'set' : valueLabels[String(json[formatMark])];
  return name ?? value ?? json.format ?? labels[typeOf(json) ?? ''] ?? 'any';
}
