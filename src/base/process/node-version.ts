const least = 24;

/** Says which Node is needed, where this one is too old; `undefined` where it is not, or where the runtime is no Node. */
export function tooOldNode({ node, bun, deno }: Readonly<Record<string, string | undefined>>): string | undefined {
  if (bun !== undefined || deno !== undefined || node === undefined || Number.parseInt(node, 10) >= least)
    return undefined;
  return `this is Node ${node}, but Cortado needs ${least} or newer. For this folder alone: npm install --save-dev node@26`;
}
