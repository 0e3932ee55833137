import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary-folder.ts';

const folder = fileURLToPath(new URL('../../tools/openapi', import.meta.url));

/** Installs the tools that read OpenAPI documents where they are missing; returns why not, and throws so in CI. */
export function needOpenApiTools(): string | undefined {
  const tools = ['redocly', 'openapi-typescript', 'orval', 'openapi-ts', 'tsc'];
  const isThere = (): boolean => tools.every((tool) => existsSync(join(folder, 'node_modules/.bin', tool)));
  if (isThere()) return undefined;
  console.error('Installing the OpenAPI tools …');
  const { stderr } = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (isThere()) return undefined;
  const { stderr: again } = spawnSync('npm', ['install', '--no-save', '--no-fund', '--no-audit'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (isThere()) return undefined;
  const message = `the OpenAPI tools could not be installed: ${again || stderr}`;
  if (process.env['CI'] !== undefined) throw new Error(message);
  console.error(`\n!!! SKIPPED: ${message}\n`);
  return message;
}

/** What a tool said, and whether it was content. */
export interface ToolResult {
  readonly ok: boolean;
  readonly output: string;
  /** What it wrote, of what was asked for. */
  readonly files: Readonly<Record<string, string>>;
}

/** Runs a tool, or a `.mjs` among the files, on files in a folder of their own; arguments name them, and `wanted` is what it writes. */
export function runTool(
  tool: string,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  wanted: readonly string[] = [],
): ToolResult {
  const place = temporaryFolder('openapi');
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
    symlinkSync(join(folder, 'node_modules'), join(place, 'node_modules'));
    const program = tool.endsWith('.mjs') ? tool : join(folder, 'node_modules/.bin', tool);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: place,
      encoding: 'utf8',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      timeout: 60_000,
    });
    const written = wanted.map((name) => [name, readFileSync(join(place, name), 'utf8')] as const);
    return { ok: status === 0, output: `${stdout}${stderr}`, files: Object.fromEntries(written) };
  } finally {
    rmSync(place, { recursive: true });
  }
}
