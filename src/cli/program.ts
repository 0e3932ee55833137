import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { ownFolder } from '../base/process/own-files.ts';

type Add = (program: Command) => void;

// In the order of the help. Only the one that is asked for is loaded: a server waits for it at each start.
const commands: Readonly<Record<string, () => Promise<Add>>> = {
  dev: async () => (await import('./dev.ts')).addDevCommand,
  run: async () => (await import('./run.ts')).addRunCommand,
  worker: async () => (await import('./worker.ts')).addWorkerCommand,
  tasks: async () => (await import('./tasks.ts')).addTasksCommand,
  migrate: async () => (await import('./migrate.ts')).addMigrateCommand,
  routes: async () => (await import('./routes.ts')).addRoutesCommand,
  openapi: async () => (await import('./openapi.ts')).addOpenapiCommand,
  asyncapi: async () => (await import('./asyncapi.ts')).addAsyncapiCommand,
};

/** Runs the command line; what fails ends as one line on standard error and exit code 1. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command('cortado')
    .description('Typed async APIs on a loop that is never blocked.')
    .version(version(), '-V, --version')
    .showHelpAfterError('(cortado --help lists the commands)');
  const [, , asked = ''] = argv;
  const wanted = Object.hasOwn(commands, asked) ? [commands[asked]!] : Object.values(commands);
  for (const add of await Promise.all(wanted.map((load) => load()))) add(program);
  for (const command of program.commands) helpAfterErrors(command, 'cortado');
  try {
    await program.parseAsync(argv);
  } catch (error) {
    const { describeFailure } = await import('./terminal/describe-failure.ts');
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
  const text = readFileSync(join(ownFolder, '../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
