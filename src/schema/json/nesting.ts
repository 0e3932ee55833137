/**
 * The most levels that the JSON of a recursive schema may nest: it is followed by functions that call themselves, and a stack is not endless.
 * FastAPI takes 255 levels of models, which with the lists between them are twice as many.
 */
export const mostLevels = 512;

const quote = 34;
const backslash = 92;
const openList = 91;
const closeList = 93;
const openObject = 123;
const closeObject = 125;

/** Whether a JSON text nests deeper than a schema may follow. */
export function textNestsTooDeep(text: string): boolean {
  if (text.length <= 2 * mostLevels) return false;
  return deepestBracket(text, false) > mostLevels && deepestBracket(text, true) > mostLevels;
}

// Brackets inside of texts are hardly ever that many, so the texts are looked for only then.
function deepestBracket(text: string, skipTexts: boolean): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === openList || code === openObject) {
      if (++depth > deepest) deepest = depth;
    } else if (code === closeList || code === closeObject) depth--;
    else if (code === quote && skipTexts) at = endOfText(text, at);
  }
  return deepest;
}

function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}

/** Whether a value nests deeper than a schema may follow, be it a text that a schema may parse. */
export function nestsTooDeep(value: unknown): boolean {
  if (typeof value === 'string') return textNestsTooDeep(value);
  let level: unknown[] = [value];
  for (let depth = 0; depth <= mostLevels; depth++) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one === 'string' && textNestsTooDeep(one)) return true;
      if (typeof one === 'object' && one !== null) for (const member of Object.values(one)) next.push(member);
    }
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}
