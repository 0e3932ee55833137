import type { Command } from 'commander';
import { defaultDeadline, timeSpan, wholeNumber, withAddress, withApp, withProxy } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { ServeSettings } from './run/serve.ts';

interface RunArguments extends Omit<ServeSettings, 'file'> {
  readonly workers?: number;
}

const mostWorkers = 1024;

export function addRunCommand(program: Command): void {
  withProxy(withAddress(withApp(program.command('run')), '0.0.0.0'))
    .description('serve an app in production: JSON logs, an ordered stop')
    .option('--workers <number>', 'processes that share the port; one that dies is replaced', (text) =>
      wholeNumber(text, 1, mostWorkers),
    )
    .option('--deadline <milliseconds>', 'how long a stop may take', timeSpan, defaultDeadline)
    .option(
      '--drain <milliseconds>',
      'how long a stop still lets connections in, while load balancers learn of it',
      timeSpan,
      0,
    )
    .action(async (file: string | undefined, { workers, ...options }: RunArguments) => {
      const settings: ServeSettings = { ...options, file: findFile(file) };
      if (workers === undefined) return (await import('./run/serve.ts')).serve(settings);
      process.exit(await (await import('./run/cluster.ts')).runCluster(settings, workers));
    });
}
