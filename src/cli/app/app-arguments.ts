import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ProcessSettings } from '../../base/process/process-settings.ts';

export interface AppArguments {
  readonly app?: string;
}

// Docker kills ten seconds after it has asked.
export const defaultDeadline = 8000;

export function withApp(command: Command): Command {
  return command
    .argument(
      '[file]',
      'file with the app (default: that of package.json, else main, app, server, index or api in ., src or app)',
    )
    .option('--app <export>', 'name of the exported App (default: the default export, "app", or the only one)');
}

export function withAddress(command: Command, host: string): Command {
  const port = new Option('-p, --port <number>', 'port; 0 takes a free one').env('PORT').default(8000);
  return command
    .option('-H, --host <address>', 'address to listen on', host)
    .addOption(port.argParser((text) => wholeNumber(text, 0, 65_535)));
}

/** What a command is told of the proxy before the app. */
export interface ProxyArguments {
  readonly rootPath?: string;
  readonly forwardedAllowIps?: string;
}

export function withProxy(command: Command): Command {
  const root = new Option('--root-path <path>', 'path below which a proxy serves the app').env('CORTADO_ROOT_PATH');
  const trusted = new Option(
    '--forwarded-allow-ips <addresses>',
    'proxies whose forwarded headers are believed: addresses and networks with commas between, * for all',
  ).env('FORWARDED_ALLOW_IPS');
  return command.addOption(root).addOption(trusted);
}

/** The same as settings of the process. */
export function proxySettings({ rootPath, forwardedAllowIps }: ProxyArguments): Partial<ProcessSettings> {
  return {
    ...(rootPath !== undefined && { rootPath }),
    ...(forwardedAllowIps !== undefined && { forwardedAllowIps }),
  };
}

/** A whole number of the command line. */
export function wholeNumber(text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  return number;
}

/** Milliseconds of the command line. */
export function timeSpan(text: string): number {
  return wholeNumber(text, 0, 3_600_000);
}
