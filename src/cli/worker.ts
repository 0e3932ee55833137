import type { Command } from 'commander';
import { type AppArguments, wholeNumber, withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';

interface WorkerArguments extends AppArguments {
  readonly queues?: string;
  readonly concurrency?: number;
  readonly deadline: number;
}

// Docker kills ten seconds after it has asked.
const defaultDeadline = 8000;

export function addWorkerCommand(program: Command): void {
  withApp(program.command('worker'))
    .description('run the tasks of an app in a process of their own')
    .option('-q, --queues <names>', 'queues to serve, with commas between (default: all)')
    .option('-c, --concurrency <number>', 'tasks that run at once (default: 10, or what the app says)', (text) =>
      wholeNumber(text, 1, 100_000),
    )
    .option(
      '--deadline <milliseconds>',
      'how long tasks may go on after a signal to stop; what is left then is handed back',
      (text) => wholeNumber(text, 0, 3_600_000),
      defaultDeadline,
    )
    .action(async (file: string | undefined, options: WorkerArguments) =>
      (await import('./worker/work.ts')).work({ file: findFile(file), ...options }),
    );
}
