import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withAddress, withApp, withProxy } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { DevSettings } from './dev/supervisor.ts';

export function addDevCommand(program: Command): void {
  withProxy(withAddress(withApp(program.command('dev')), '127.0.0.1'))
    .description('serve an app while you write it: restarts on change, readable logs')
    .option('-w, --watch <paths...>', 'further files that restart it', [])
    .action(async (file: string | undefined, { watch, ...options }: Omit<DevSettings, 'file'>) => {
      const paths = watch.map((path) => resolve(path));
      const { Supervisor } = await import('./dev/supervisor.ts');
      process.exit(await new Supervisor({ ...options, file: findFile(file), watch: paths }).run());
    });
}
