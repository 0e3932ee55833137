import { CortadoError } from '../../base/error.ts';

/** A parsed path template, `/files/{name}/{rest:path}`. */
export interface PathTemplate {
  readonly source: string;
  /** Names of its parameters, in order. */
  readonly names: readonly string[];
  /** The same template in find-my-way's syntax, for the router. */
  readonly url: string;
  /** The same template without the names, which no request tells apart. */
  readonly form: string;
  /** Name of the `{name:path}` parameter at the end, which the router knows as `*`. */
  readonly wildcard: string | undefined;
  /** Whether a decoded or raw path has this template's form. */
  readonly matches: (path: string) => boolean;
}

const parameter = /\{[^{}:]*(?::[^{}]*)?\}/g;

/** Parses a path template as FastAPI writes it. Throws `CORTADO_PATH_INVALID`, naming the template. */
export function parsePath(source: string): PathTemplate {
  const fail = (why: string): never => {
    throw new CortadoError('CORTADO_PATH_INVALID', `path "${source}": ${why}`);
  };
  if (!source.startsWith('/')) fail('it must start with "/".');
  if (/[?#*]/.test(source)) fail('it must not contain "?", "#" or "*"; use {name:path} for the rest of a path.');
  if (/(^|\/):/.test(source)) fail('parameters are written {name}, not :name.');
  if (/[{}]/.test(source.replace(parameter, ''))) fail('its braces do not match.');
  const names: string[] = [];
  let wildcard: string | undefined;
  const place = (placeholder: string, before: string | undefined, isAlone: boolean, isLast: boolean): string => {
    const [, name = '', convertor] = /^\{([^:]*)(?::(.*))?\}$/.exec(placeholder)!;
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) fail(`"${name}" is not a usable parameter name.`);
    if (names.includes(name)) fail(`the parameter "${name}" stands in it twice.`);
    names.push(name);
    if (convertor === undefined) return isAlone ? `:${name}` : `:${name}(${taken(before, inSegment)})`;
    if (convertor !== 'path')
      fail(
        `the convertor "${convertor}" is unknown; give the parameter a schema instead, {${name}} with z.int() for example.`,
      );
    if (!isLast) fail(`{${name}:path} must stand at its end.`);
    if (!isAlone) fail(`{${name}:path} cannot share its segment with another parameter.`);
    wildcard = name;
    return '*';
  };
  const segments = source.split('/');
  const url = segments.map((segment, at) => {
    const parts = segment.split(/(\{[^{}]*\})/);
    const last = parts.at(-1) === '' ? parts.length - 2 : -1;
    const isAlone = parts.length === 3 && last === 1;
    return parts
      .map((part, index) => {
        if (index % 2 === 0) return part.replaceAll(':', '::');
        const isLast = at === segments.length - 1 && index === last;
        return place(part, index === 1 ? undefined : parts[index - 1], isAlone, isLast);
      })
      .join('');
  });
  return {
    source,
    names,
    url: url.join('/'),
    form: source.replace(/\{[^{}:]*/g, '{'),
    wildcard,
    matches: matcher(source),
  };
}

// What the router takes for one character, and the whole template for one: the first sees a segment, in which "%2F" has become "/".
const inSegment = '[\\s\\S]';
const inPath = '[^/]';

/**
 * The expression of a parameter that shares its segment. It takes as much as it can, as in Starlette: so the text that stood before it comes
 * no more in it, unless at its very end, where nothing would be left for the parameter. To say so changes nothing of what is taken, and
 * without it a segment that does not fit is tried in every division: a power of its length.
 */
function taken(before: string | undefined, character: string): string {
  if (before === undefined) return `${character}+`;
  if (before === '') return character;
  const end = before.length === 1 ? character : `${character}{1,${before.length}}`;
  return `(?:(?!${escaped(before)})${character})*${end}`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function matcher(source: string): (path: string) => boolean {
  let form: RegExp | undefined;
  return (path) => (form ??= expressionOf(source)).test(path);
}

function expressionOf(source: string): RegExp {
  const segments = source.split('/').map((segment) => {
    const parts = segment.split(/(\{[^{}]*\})/);
    return parts
      .map((part, index) => {
        if (index % 2 === 0) return escaped(part);
        return part.endsWith(':path}') ? '[\\s\\S]*' : taken(index === 1 ? undefined : parts[index - 1], inPath);
      })
      .join('');
  });
  return new RegExp(`^${segments.join('/')}$`);
}
