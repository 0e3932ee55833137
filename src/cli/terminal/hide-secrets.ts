import { isAbsolute } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A text without the values of environment variables, each of which becomes its name in brackets; without passwords in URLs, and without
 * what `JSON.parse` cites. Paths, hosts and plain words stay: without them a message would say nothing.
 */
export function hideSecrets(text: string, env: Environment = process.env): string {
  const found = Object.entries(env)
    .filter(([name, value = '']) => isSecret(name, value) || isTelling(name, value))
    .filter(([, value]) => text.includes(value!));
  return withoutCited(withoutPasswords(without(found, text)));
}

/** The message of an issue about `name`, without the value that did not fit, and without those of variables whose names speak of a secret. */
export function hideInput(
  text: string,
  name: string,
  values: readonly unknown[],
  env: Environment = process.env,
): string {
  const found = Object.entries(env).filter(
    ([other, value = '']) => text.includes(value) && (isSecret(other, value) || (other === name && value.length >= 4)),
  );
  // As ArkType and Valibot end a message; a name of a type tells nothing.
  let hidden = withoutWas(text).replace(/(?:,| but|:)? received (?![a-z]+$).*$/is, '');
  for (const value of values)
    if (typeof value === 'string' && value !== '') hidden = hidden.replaceAll(JSON.stringify(value), '…');
  return withoutPasswords(without(found, hidden));
}

function without(found: readonly (readonly [string, string | undefined])[], text: string): string {
  // The longest first: one may be part of another.
  const ordered = [...found].sort(([, a = ''], [, b = '']) => b.length - a.length);
  return ordered.reduce((rest, [name, value]) => rest.replaceAll(value!, `[${name}]`), text);
}

function isSecret(name: string, value: string): boolean {
  if (value.length < 4 || /^(old)?pwd$/i.test(name)) return false;
  return /key|secret|token|pass|pwd|credential|auth|dsn|private|salt|signature|cookie/i.test(name);
}

// What can be neither a word nor a path.
function isTelling(name: string, value: string): boolean {
  if (value.length < 8 || isAbsolute(value) || /^[a-z]+$/i.test(value)) return false;
  return !/^(npm_|node_|cortado_|lang|lc_|term|colorterm|user|logname|tz|xdg_)|(host|hostname|address|port)$/i.test(
    name,
  );
}

// None of these goes by an expression that tries each place in the text, and from each all that follows: an error may carry a document.

function withoutWas(text: string): string {
  if (!text.endsWith(')')) return text;
  for (const { index } of text.matchAll(/ \(was /gi))
    if (!/^ \(was [a-z ]+\)/i.test(text.slice(index, index + longestType))) return text.slice(0, index);
  return text;
}

const longestType = 100;

// `user:password@` is what an address looks like in advice.
function withoutPasswords(text: string): string {
  return text.replace(/[^\s"'`]+/g, (run) => {
    const end = run.lastIndexOf('@');
    if (end < 0) return run;
    const start = /(?<![a-z\d+.-])[\d+.-]*[a-z][a-z\d+.-]*:\/\/[^:@/]*:(?!password$)/i.exec(run.slice(0, end));
    return start === null ? run : `${run.slice(0, start.index)}${start[0]}…${run.slice(end)}`;
  });
}

const notJson = [' is not valid JSON', '... is not valid JSON'].map((end) => `"${end}`);

function withoutCited(text: string): string {
  const [from, to] = [text.search(/, (?:\.\.\.)?"/), Math.max(...notJson.map((end) => text.lastIndexOf(end)))];
  return from < 0 || to <= from + 2 ? text : `${text.slice(0, from)}: it${text.slice(text.indexOf(' is', to))}`;
}
