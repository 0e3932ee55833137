import type { Command } from 'commander';
import { withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { DocumentArguments } from './openapi/print-document.ts';

export function addAsyncapiCommand(program: Command): void {
  withApp(program.command('asyncapi'))
    .description('print the AsyncAPI document of an app')
    .option('-o, --output <file>', 'write it to a file')
    .option('-c, --check <file>', 'say how it differs from that of a file, and end with exit code 1 if it does')
    .action(async (file: string | undefined, options: DocumentArguments) =>
      (await import('./openapi/print-document.ts')).printDocument('asyncapi', findFile(file), options),
    );
}
