import { writeFileSync } from 'node:fs';
import { CortadoError } from '../../base/error.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { loadApp, silent } from '../app/load-app.ts';
import { printAndExit, quietConsole } from '../terminal/print.ts';

export interface OpenapiArguments extends AppArguments {
  readonly output?: string;
}

export async function printDocument(file: string, { app: name, output }: OpenapiArguments): Promise<void> {
  quietConsole();
  const app = await loadApp(file, name, silent);
  const text = `${JSON.stringify(app.openapi(), undefined, 2)}\n`;
  if (output === undefined) return printAndExit(text);
  writeDocument(output, text);
  printAndExit(`${output}\n`);
}

function writeDocument(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CortadoError('CORTADO_CLI', `cannot write ${path}: ${(error as Error).message}`);
  }
}
