import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addDevCommand } from './dev.ts';
import { addMigrateCommand } from './migrate.ts';
import { addOpenapiCommand } from './openapi.ts';
import { addRoutesCommand } from './routes.ts';
import { addRunCommand } from './run.ts';
import { addTasksCommand } from './tasks.ts';
import { describeFailure } from './terminal/describe-failure.ts';
import { addWorkerCommand } from './worker.ts';

// A command is a file of its own that adds itself to the program, and one line here.
const commands: readonly ((program: Command) => void)[] = [
  addDevCommand,
  addRunCommand,
  addWorkerCommand,
  addTasksCommand,
  addMigrateCommand,
  addRoutesCommand,
  addOpenapiCommand,
];

/** Runs the command line; what fails ends as one line on standard error and exit code 1. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command('cortado')
    .description('Typed async APIs on a loop that is never blocked.')
    .version(version(), '-V, --version')
    .showHelpAfterError('(cortado --help lists the commands)');
  for (const add of commands) add(program);
  for (const command of program.commands) helpAfterErrors(command, 'cortado');
  try {
    await program.parseAsync(argv);
  } catch (error) {
    console.error(describeFailure(error).join('\n'));
    process.exit(1);
  }
}

// What fails in a command is told where its own options stand.
function helpAfterErrors(command: Command, above: string): void {
  const name = `${above} ${command.name()}`;
  command.showHelpAfterError(`(${name} --help tells more)`);
  for (const inner of command.commands) helpAfterErrors(inner, name);
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
