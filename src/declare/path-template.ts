import { CortadoError } from '../base/error.ts';

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

const parameter = /\{([^{}:]*)(?::([^{}]*))?\}/g;

/**
 * Parses a path template as FastAPI writes it.
 *
 * @throws CortadoError `CORTADO_PATH_INVALID`, naming the template.
 */
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
  const url = escapeColons(source).replace(
    parameter,
    (whole, name: string, convertor: string | undefined, at: number) => {
      if (!/^[A-Za-z_$][\w$]*$/.test(name)) fail(`"${name}" is not a usable parameter name.`);
      if (names.includes(name)) fail(`the parameter "${name}" stands in it twice.`);
      names.push(name);
      if (convertor === undefined) return `:${name}`;
      if (convertor !== 'path')
        fail(
          `the convertor "${convertor}" is unknown; give the parameter a schema instead, {${name}} with z.int() for example.`,
        );
      if (!escapeColons(source).endsWith(whole) || at + whole.length !== escapeColons(source).length)
        fail(`{${name}:path} must stand at its end.`);
      wildcard = name;
      return '*';
    },
  );
  return { source, names, url, form: source.replace(/\{[^{}:]*/g, '{'), wildcard, matches: matcher(source) };
}

// A literal ":" would start a parameter in the router's syntax; "::" is a literal one.
function escapeColons(source: string): string {
  return source.replace(/:(?![^{}]*\})/g, '::');
}

function matcher(source: string): (path: string) => boolean {
  const pattern = source
    .split(/(\{[^{}]*\})/)
    .map((part) =>
      part.startsWith('{') ? (part.endsWith(':path}') ? '.*' : '[^/]+') : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    );
  const form = new RegExp(`^${pattern.join('')}$`);
  return (path) => form.test(path);
}
