import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CortadoError } from '../base/error.ts';
import { type AppArguments, withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import { loadApp, silent } from './app/load-app.ts';
import { printAndExit, quietConsole } from './terminal/print.ts';

interface OpenapiArguments extends AppArguments {
  readonly output?: string;
}

export function addOpenapiCommand(program: Command): void {
  withApp(program.command('openapi'))
    .description('print the OpenAPI document of an app')
    .option('-o, --output <file>', 'write it to a file')
    .action(async (file: string | undefined, { app: name, output }: OpenapiArguments) => {
      quietConsole();
      const app = await loadApp(findFile(file), name, silent);
      const text = `${JSON.stringify(app.openapi(), undefined, 2)}\n`;
      if (output === undefined) return printAndExit(text);
      writeDocument(output, text);
      printAndExit(`${output}\n`);
    });
}

function writeDocument(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CortadoError('CORTADO_CLI', `cannot write ${path}: ${(error as Error).message}`);
  }
}
