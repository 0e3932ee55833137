import { decodeJson } from '../wire/decode-json.ts';

/**
 * The results of the parts of a chord, nested as the `GroupResult` says that Python saved for it: `[[id, parent], [children…]]`, where a task has
 * no children. `undefined` where that does not fit what has come.
 */
export function nestedResults(saved: string, values: ReadonlyMap<string, unknown>): readonly unknown[] | undefined {
  try {
    const { result } = decodeJson(saved) as { readonly result?: unknown };
    const nested = nestedAs(result, values);
    return Array.isArray(nested) ? nested : undefined;
  } catch {
    return undefined;
  }
}

function nestedAs(node: unknown, values: ReadonlyMap<string, unknown>): unknown {
  const [own, children] = node as [unknown, unknown];
  if (Array.isArray(children)) return children.map((child) => nestedAs(child, values));
  const [id] = own as [string];
  if (!values.has(id)) throw new Error(`no part has the id ${id}`);
  return values.get(id);
}
