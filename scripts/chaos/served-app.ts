import { fileURLToPath } from 'node:url';
import { type Program, startNode } from '../../test/support/program.ts';
import type { Account } from './account.ts';

/** What an app logs, as far as anybody asks. */
export interface LoggedLine {
  readonly level: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly msg: string;
  readonly cause?: string;
}

/** An app in a process of its own. */
export interface ServedApp extends AsyncDisposable {
  readonly address: string;
  readonly program: Program;
  /** Its lines at level error and above, from a moment on. */
  readonly errors: (since: number) => LoggedLine[];
}

/** How an app is served. */
export interface ServeOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The id of the user that it runs as, which only root may choose. */
  readonly user?: number;
}

/** The app of `app.ts`, over a database with options. */
export function serveDatabase(database: object, options: ServeOptions = {}): Promise<ServedApp> {
  return serveApp(new URL('app.ts', import.meta.url), {
    ...options,
    env: { ...options.env, CHAOS_DATABASE: JSON.stringify(database) },
  });
}

/** Starts a program that prints `listening on` and its address. */
export async function serveApp(file: URL, { env, user }: ServeOptions = {}): Promise<ServedApp> {
  const program = startNode([fileURLToPath(file)], {
    // Lines for each request are not what is looked at.
    env: { PORT: undefined, NODE_ENV: undefined, CORTADO_LOG: 'json', LOG_LEVEL: 'warn', ...env },
    ...(user !== undefined && { user }),
  });
  try {
    // Seconds, on a machine that is busy with other things.
    const [, address] = await program.until(/^listening on (\S+)$/m, 120_000);
    return {
      address: address!,
      program,
      errors: (since) => linesOf(program.output()).filter(({ level, time }) => level >= 50 && time >= since),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** Looks that there was one line a second for each cause, whatever the number of clients. */
export function checkLines(account: Account, app: ServedApp, since: number): void {
  const seconds = (Date.now() - since) / 1000;
  for (const [cause, lines] of Map.groupBy(app.errors(since), ({ cause, msg }) => cause ?? msg))
    account.promise(lines.length <= seconds + 2, `${lines.length} lines of "${cause}" in ${seconds.toFixed(1)} s`);
}

function linesOf(output: string): LoggedLine[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LoggedLine);
}
