import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type ServeArguments, withAddress, withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import { Supervisor } from './dev/supervisor.ts';

interface DevArguments extends ServeArguments {
  readonly watch: readonly string[];
}

export function addDevCommand(program: Command): void {
  withAddress(withApp(program.command('dev')), '127.0.0.1')
    .description('serve an app while you write it: restarts on change, readable logs')
    .option('-w, --watch <paths...>', 'further files that restart it', [])
    .action(async (file: string | undefined, { app, host, port, watch }: DevArguments) => {
      const paths = watch.map((path) => resolve(path));
      process.exit(await new Supervisor({ file: findFile(file), app, host, port, watch: paths }).run());
    });
}
