import { invalidOption } from '../base/error.ts';
import { isRecord } from '../base/is-record.ts';
import { putMember } from '../base/json/plain-json.ts';
import { type JsonSchema, propertiesOf, shapeOf } from '../schema/json/json-schema.ts';
import type { WrongSetting } from './settings-error.ts';

/** What stands in the environment for a schema, before it is checked. */
export interface Found {
  /** Values by the names of the schema; a name of which nothing was found is not there. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly wrong: readonly WrongSetting[];
}

/** What variables an object's schema is read from. */
export interface Variables {
  read(environment: Readonly<Record<string, string | undefined>>): Found;
  /** The place of a value, as it is written in the environment. */
  placeOf(path: readonly (string | number)[]): (string | number)[];
}

interface Member {
  readonly name: string;
  readonly variable: string;
  readonly shape: ReturnType<typeof shapeOf>;
  /** Of an object, the members that have variables of their own. */
  readonly inner: readonly Member[];
}

// Deeper ones are written as JSON.
const deepest = 5;

/** Finds out what variables a schema's members are read from: `databaseUrl` from `DATABASE_URL`, `redis.host` from `REDIS__HOST` or from JSON in `REDIS`. */
export function variablesOf(json: JsonSchema, prefix: string): Variables {
  const members = membersOf(json, json, prefix, 0);
  refuseDoubles(members, new Map());
  return {
    read: (environment) => {
      const wrong: WrongSetting[] = [];
      return { values: readMembers(members, environment, wrong) ?? {}, wrong };
    },
    placeOf: (path) => {
      let among: readonly Member[] = members;
      for (const [at, step] of path.entries()) {
        const member = among.find(({ name }) => name === step);
        const next = path[at + 1];
        if (member === undefined) return [...path];
        if (next === undefined || !member.inner.some(({ name }) => name === next))
          return [member.variable, ...path.slice(at + 1)];
        among = member.inner;
      }
      return [...path];
    },
  };
}

function membersOf(json: JsonSchema, root: JsonSchema, prefix: string, depth: number): Member[] {
  return [...propertiesOf(json, root)].map(([name, { schema }]) => {
    const variable = `${prefix}${variableName(name)}`;
    const shape = shapeOf(schema, root);
    const inner = shape === 'object' && depth < deepest ? membersOf(schema, root, `${variable}__`, depth + 1) : [];
    return { name, variable, shape, inner };
  });
}

function variableName(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();
}

function refuseDoubles(members: readonly Member[], known: Map<string, string>): void {
  for (const { name, variable, inner } of members) {
    const other = known.get(variable);
    if (other !== undefined)
      throw invalidOption(`settings(): "${other}" and "${name}" would both be read from ${variable}. Rename one.`);
    known.set(variable, name);
    refuseDoubles(inner, known);
  }
}

function readMembers(
  members: readonly Member[],
  environment: Readonly<Record<string, string | undefined>>,
  wrong: WrongSetting[],
): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {};
  let isEmpty = true;
  for (const member of members) {
    const value = readMember(member, environment, wrong);
    if (value === undefined) continue;
    isEmpty = false;
    putMember(values, member.name, value);
  }
  return isEmpty ? undefined : values;
}

function readMember(
  { variable, shape, inner }: Member,
  environment: Readonly<Record<string, string | undefined>>,
  wrong: WrongSetting[],
): unknown {
  const text = environment[variable];
  if (shape === 'object') {
    const whole = text === undefined ? undefined : parseJson(text, variable, wrong);
    const parts = readMembers(inner, environment, wrong);
    // A variable of its own goes before the JSON of the whole.
    return parts !== undefined && isRecord(whole) ? { ...whole, ...parts } : (parts ?? whole);
  }
  if (text === undefined || shape !== 'array') return text;
  if (text.trimStart().startsWith('[')) return parseJson(text, variable, wrong);
  return text.trim() === '' ? [] : text.split(',').map((item) => item.trim());
}

function parseJson(text: string, variable: string, wrong: WrongSetting[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    wrong.push({ type: 'json_invalid', loc: [variable], msg: 'Input should be JSON' });
    return undefined;
  }
}
