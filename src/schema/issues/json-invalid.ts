/** Why a text is no JSON: where, in code points, and in the words of Python's `json` module. */
export interface JsonFault {
  readonly position: number;
  readonly error: string;
}

class Fault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Where and why Python's `json.loads` would refuse `text`. Only asked for texts that `JSON.parse` has refused. */
export function explainJson(text: string): JsonFault {
  try {
    const end = skipSpace(text, readValue(text, skipSpace(text, 0), 0));
    return { position: codePoints(text, end), error: 'Extra data' };
  } catch (fault) {
    if (fault instanceof Fault) return { position: codePoints(text, fault.at), error: fault.message };
    throw fault;
  }
}

function codePoints(text: string, end: number): number {
  let count = 0;
  for (const _ of text.slice(0, end)) count++;
  return count;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && ' \t\n\r'.includes(text[next]!)) next++;
  return next;
}

const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

// Nesting beyond this is reported where it starts; the walk must not exhaust the stack.
const deepest = 500;

function readValue(text: string, at: number, depth: number): number {
  if (depth > deepest) throw new Fault('Expecting value', at);
  if (text[at] === '"') return readString(text, at);
  if (text[at] === '{') return readMembers(text, at, '}', (member) => readProperty(text, member, depth + 1));
  if (text[at] === '[') return readMembers(text, at, ']', (member) => readValue(text, member, depth + 1));
  scalar.lastIndex = at;
  if (!scalar.test(text)) throw new Fault('Expecting value', at);
  return scalar.lastIndex;
}

function readString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') return at + 1;
    if (char < ' ') throw new Fault('Invalid control character at', at);
    if (char !== '\\') continue;
    at++;
    if (at >= text.length) break;
    if (text[at] === 'u') {
      if (!/^[0-9a-fA-F]{4}/.test(text.slice(at + 1, at + 5))) throw new Fault('Invalid \\uXXXX escape', at);
      at += 4;
    } else if (!'"\\/bfnrt'.includes(text[at]!)) throw new Fault('Invalid \\escape', at - 1);
  }
  throw new Fault('Unterminated string starting at', start);
}

function readMembers(text: string, start: number, close: string, readMember: (at: number) => number): number {
  let at = skipSpace(text, start + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    at = skipSpace(text, readMember(at));
    if (text[at] === close) return at + 1;
    if (text[at] !== ',') throw new Fault("Expecting ',' delimiter", at);
    at = skipSpace(text, at + 1);
  }
}

function readProperty(text: string, start: number, depth: number): number {
  if (text[start] !== '"') throw new Fault('Expecting property name enclosed in double quotes', start);
  const at = skipSpace(text, readString(text, start));
  if (text[at] !== ':') throw new Fault("Expecting ':' delimiter", at);
  return readValue(text, skipSpace(text, at + 1), depth);
}
