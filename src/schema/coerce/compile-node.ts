import { isRecord } from '../../base/is-record.ts';
import { isNull, type JsonSchema, resolveRef, typeOf } from '../json/json-schema.ts';
import { becomesMark, formatMark, preparedMark } from '../json/marks.ts';
import { mostLevels } from '../json/nesting.ts';
import { arrayNode, mapNode, objectNode, setNode } from './container-nodes.ts';
import { integerNode, numberNode } from './number-nodes.ts';
import { anyNode, booleanNode, choiceNode, formatNode, neverNode, nullNode, stringNode } from './scalar-nodes.ts';
import { unionNode } from './union-nodes.ts';
import { valueFormats } from './value-formats.ts';
import { type Compile, isOver, type Node } from './walk.ts';

/** Compiles a JSON Schema into the walk that coerces as Pydantic does and reports as Pydantic does. */
export function compileNode(root: JsonSchema): Node {
  const known = new Map<JsonSchema, Node>();
  const compile = (json: JsonSchema): Node => {
    const node = resolveRef(json, root);
    const before = known.get(node);
    if (before !== undefined) return before;
    // Recursive schemas meet themselves while they are being compiled.
    let made: Node = anyNode;
    known.set(node, (input, walk) => {
      walk.steps.left--;
      // Deeper values are left to the schema library. Where alternatives add their names, a level is two steps.
      return walk.path.length > 2 * mostLevels || isOver(walk) ? input : made(input, walk);
    });
    // What a function of the app makes of the input first, nobody knows.
    made = isPrepared(json) || isPrepared(node) ? preparedNode(node) : build(node, compile, root);
    known.set(node, made);
    return made;
  };
  return compile(root);
}

function isPrepared(json: JsonSchema): boolean {
  return json[preparedMark] === true;
}

// The function gets what was sent; what it makes of it is coerced then.
function preparedNode(json: JsonSchema): Node {
  return json[becomesMark] === 'bigint' ? (input) => input : anyNode;
}

function build(json: JsonSchema, compile: Compile, root: JsonSchema): Node {
  const format = valueFormats[String(json[formatMark])];
  if (format !== undefined) return formatNode(format);
  if ('const' in json || json.enum !== undefined) return isNull(json) ? nullNode : choiceNode(json);
  const branches = json.anyOf ?? json.oneOf;
  if (branches !== undefined) return unionNode(json, branches, compile, root);
  if (json.allOf !== undefined) {
    const { allOf, ...own } = json;
    const parts = allOf.map(compile);
    return allNode(
      own.type !== undefined || own.properties !== undefined ? [typedNode(own, compile), ...parts] : parts,
    );
  }
  const base = typedNode(json, compile);
  return Array.isArray(json.type) && json.type.includes('null')
    ? (input, walk) => (input === null ? null : base(input, walk))
    : base;
}

function typedNode(json: JsonSchema, compile: Compile): Node {
  switch (typeOf(json)) {
    case 'integer':
      return integerNode(json);
    case 'number':
      return numberNode(json);
    case 'boolean':
      return booleanNode;
    case 'string':
      return stringNode(json);
    case 'null':
      return nullNode;
    case 'array':
      return json[becomesMark] === 'set' ? setNode(json, compile) : arrayNode(json, compile);
    case 'object':
      return json[becomesMark] === 'map' ? mapNode(json, compile) : objectNode(json, compile);
    default:
      if (json.properties !== undefined) return objectNode(json, compile);
      if (json.pattern !== undefined) return stringNode(json);
      return isEmpty(json['not']) ? neverNode : anyNode;
  }
}

function isEmpty(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0;
}

function allNode(nodes: readonly Node[]): Node {
  return (input, walk) => {
    let value = input;
    for (const node of nodes) {
      const before = walk.issues.length;
      const part = node(value, walk);
      value = isRecord(part) && isRecord(value) ? { ...value, ...part } : part;
      // Of one text the first thing that is wrong; of the parts of a model all.
      if (walk.issues.length > before && !isRecord(value)) break;
    }
    return value;
  };
}
