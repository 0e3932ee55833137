import { currentFrame, type FrameScope } from '../../concurrency/frame.ts';

/** What was seen of code that blocks, while it blocked or right when it was done. */
export interface Sighting {
  readonly owner: string | undefined;
  readonly phase: string;
  /** Lines of the stack, innermost first. */
  readonly stack: readonly string[];
  /** The blocking call that was caught in the act, `fs.readFileSync`, and what to do instead. */
  readonly call: string | undefined;
  readonly advice: string | undefined;
  /** How long it had blocked by then, in milliseconds. */
  readonly ms: number;
  /** Whether it had ended by then. */
  readonly isOver: boolean;
  /** Whether it was seen while it blocked. Else a native call had just ended, most likely its own. */
  readonly isSure: boolean;
}

/** The request or task of the running code, and its phase. Read where the code blocks, this is exact, whatever it has awaited before. */
export function ownerOfRunningCode(): { readonly owner: string | undefined; readonly phase: string } {
  const scope = currentFrame()?.scope;
  return { owner: scope?.owner, phase: scope === undefined ? '' : phaseOf(scope) };
}

function phaseOf({ phase, step }: FrameScope): string {
  if (step === undefined || (phase !== 'dependencies' && phase !== 'guards')) return phase;
  return `${phase === 'guards' ? 'guard' : 'dependency'} "${step}"`;
}
