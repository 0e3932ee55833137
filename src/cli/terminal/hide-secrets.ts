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
  let hidden = text.replace(/ \(was (?![a-z ]+\)).*\)$/is, '').replace(/(?:,| but|:)? received (?![a-z]+$).*$/is, '');
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

// `user:password@` is what an address looks like in advice.
function withoutPasswords(text: string): string {
  return text.replace(/([a-z][a-z\d+.-]*:\/\/[^\s:@/]*):(?!password@)[^\s"'`]+@/gi, '$1:…@');
}

function withoutCited(text: string): string {
  return text.replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON/s, ': it is not valid JSON');
}
