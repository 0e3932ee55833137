import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { withAddress, withApp, withProxy } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { DevSettings } from './dev/supervisor.ts';

export function addDevCommand(program: Command): void {
  withProxy(withAddress(withApp(program.command('dev')), '127.0.0.1'))
    .description('serve an app while you write it: restarts on change, readable logs')
    .option('-w, --watch <paths...>', 'further files that restart it', [])
    .option(
      '--inspect [address]',
      'open the app to a debugger: port, or host:port (default: 127.0.0.1:9229)',
      debuggable,
    )
    .option('--inspect-brk [address]', 'the same, and wait for the debugger before the app starts', debuggable)
    .action(async (file: string | undefined, { watch, ...options }: Omit<DevSettings, 'file'>) => {
      const paths = watch.map((path) => resolve(path));
      const { Supervisor } = await import('./dev/supervisor.ts');
      process.exit(await new Supervisor({ ...options, file: findFile(file), watch: paths }).run());
    });
}

/** An address for Node's inspector. */
function debuggable(address: string): string {
  if (/^(?:[\w.-]+:|\[[\da-fA-F:]+\]:)?\d{1,5}$/.test(address)) return address;
  throw new InvalidArgumentError('It must be a port, or a host and a port: 9229, 127.0.0.1:9229.');
}
