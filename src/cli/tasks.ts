import { type Command, InvalidArgumentError, Option } from 'commander';
import { finalStates, taskStates } from '../queue/contract/task-record.ts';
import { type AppArguments, wholeNumber } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { ListArguments, PruneArguments, ShowArguments } from './tasks/task-commands.ts';

export function addTasksCommand(program: Command): void {
  const tasks = program.command('tasks').description('look at the tasks of an app, and act on them');
  withFile(tasks.command('list').argument('[file]', fileHelp))
    .description('list tasks, newest first')
    .addOption(new Option('-s, --status <status>', 'only those in this state').choices(taskStates as string[]))
    .option('-q, --queue <name>', 'only those of this queue')
    .option('-n, --name <name>', 'only those of this name')
    .option('-l, --limit <number>', 'at most so many', (text) => wholeNumber(text, 1, 10_000), 50)
    .option('--json', 'one JSON object per line')
    .action(async (file: string | undefined, options: ListArguments) =>
      (await import('./tasks/task-commands.ts')).listTasks(findFile(file), options),
    );
  withFile(tasks.command('show').argument('<id>').argument('[file]', fileHelp))
    .description('show all that is known of a task')
    .option('--json', 'as JSON')
    .action(async (id: string, file: string | undefined, options: ShowArguments) =>
      (await import('./tasks/task-commands.ts')).showTask(id, findFile(file), options),
    );
  withFile(tasks.command('retry').argument('<id>').argument('[file]', fileHelp))
    .description('queue a task that failed, expired or was cancelled once more')
    .action(async (id: string, file: string | undefined, options: AppArguments) =>
      (await import('./tasks/task-commands.ts')).retryTask(id, findFile(file), options),
    );
  withFile(tasks.command('cancel').argument('<id>').argument('[file]', fileHelp))
    .description('cancel a task: one that waits never starts, one that runs is asked to end')
    .action(async (id: string, file: string | undefined, options: AppArguments) =>
      (await import('./tasks/task-commands.ts')).cancelTask(id, findFile(file), options),
    );
  withFile(tasks.command('prune').argument('[file]', fileHelp))
    .description('delete tasks that are over')
    .requiredOption('--older-than <age>', 'those that ended longer ago: 90m, 12h or 7d', ageOf)
    .addOption(new Option('-s, --status <status>', 'only those in this state').choices(finalStates as string[]))
    .action(async (file: string | undefined, options: PruneArguments) =>
      (await import('./tasks/task-commands.ts')).pruneTasks(findFile(file), options),
    );
}

const fileHelp = 'file with the app';

function withFile(command: Command): Command {
  return command.option('--app <export>', 'name of the exported App');
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of an age as people write it. */
function ageOf(text: string): number {
  const found = /^(\d{1,6})([smhd])$/.exec(text);
  if (found === null) throw new InvalidArgumentError('It must be a number and a unit: 90m, 12h or 7d.');
  return Number(found[1]) * units[found[2]!]!;
}
