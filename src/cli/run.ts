import type { Command } from 'commander';
import { type ServeArguments, wholeNumber, withAddress, withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { ServeSettings } from './run/serve.ts';

interface RunArguments extends ServeArguments {
  readonly workers?: number;
  readonly deadline: number;
  readonly drain: number;
}

const mostWorkers = 1024;
// Docker kills ten seconds after it has asked.
const defaultDeadline = 8000;

export function addRunCommand(program: Command): void {
  withAddress(withApp(program.command('run')), '0.0.0.0')
    .description('serve an app in production: JSON logs, an ordered stop')
    .option('--workers <number>', 'processes that share the port; one that dies is replaced', (text) =>
      wholeNumber(text, 1, mostWorkers),
    )
    .option(
      '--deadline <milliseconds>',
      'how long a stop may take',
      (text) => wholeNumber(text, 0, 3_600_000),
      defaultDeadline,
    )
    .option(
      '--drain <milliseconds>',
      'how long a stop still lets connections in, while load balancers learn of it',
      (text) => wholeNumber(text, 0, 3_600_000),
      0,
    )
    .action(async (file: string | undefined, { app, host, port, workers, deadline, drain }: RunArguments) => {
      const settings: ServeSettings = { file: findFile(file), app, host, port, deadline, drain };
      if (workers === undefined) return (await import('./run/serve.ts')).serve(settings);
      process.exit(await (await import('./run/cluster.ts')).runCluster(settings, workers));
    });
}
