import type { Command } from 'commander';
import { defaultDeadline, timeSpan, wholeNumber, withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { WorkSettings } from './worker/work.ts';

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
      timeSpan,
      defaultDeadline,
    )
    .action(async (file: string | undefined, options: Omit<WorkSettings, 'file'>) =>
      (await import('./worker/work.ts')).work({ file: findFile(file), ...options }),
    );
}
