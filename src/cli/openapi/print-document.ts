import { readFileSync, writeFileSync } from 'node:fs';
import { CortadoError } from '../../base/error.ts';
import { printable } from '../../base/show/printable.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { loadApp, silent } from '../app/load-app.ts';
import { printAndExit, quietConsole } from '../terminal/print.ts';
import { differences } from './differences.ts';

/** Which of an app's documents. */
export type DocumentName = 'openapi' | 'asyncapi';

export interface DocumentArguments extends AppArguments {
  readonly output?: string;
  readonly check?: string;
}

export async function printDocument(
  which: DocumentName,
  file: string,
  { app: name, output, check }: DocumentArguments,
): Promise<void> {
  if (output !== undefined && check !== undefined)
    throw new CortadoError('CORTADO_CLI', `${which}: --check compares and --output writes: use one of them`);
  quietConsole();
  const app = await loadApp(file, name, silent);
  const text = `${JSON.stringify(app[which](), undefined, 2)}\n`;
  if (check !== undefined) return checkDocument(which, check, JSON.parse(text));
  if (output === undefined) return printAndExit(text);
  writeDocument(output, text);
  printAndExit(`${output}\n`);
}

// More are hard to read, and say the same: that it is another API.
const mostShown = 100;

function checkDocument(which: DocumentName, path: string, document: unknown): void {
  const found = differences(readDocument(which, path), document);
  if (found.length === 0) {
    printAndExit(`${path} is the document of the app.\n`);
    return;
  }
  const shown = found.slice(0, mostShown).map((line) => `  ${printable(line)}\n`);
  const more = found.length > mostShown ? `  and ${found.length - mostShown} more\n` : '';
  const advice = `If they are on purpose, write it anew: cortado ${which} --output ${path}\n`;
  printAndExit(`The app's document differs from ${path}:\n${shown.join('')}${more}${advice}`, 1);
}

function readDocument(which: DocumentName, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = (error as Error).message;
    throw new CortadoError(
      'CORTADO_CLI',
      `cannot read a document from ${path}: ${why} (cortado ${which} --output ${path} writes one)`,
    );
  }
}

function writeDocument(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CortadoError('CORTADO_CLI', `cannot write ${path}: ${(error as Error).message}`);
  }
}
