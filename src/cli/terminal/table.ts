import { printable } from '../../base/show/printable.ts';

/** Text in columns; a column that is empty throughout is left out. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = headings.map((_, column) => column).filter((column) => rows.some((row) => row[column] !== ''));
  const lines = [headings, ...rows].map((row) => used.map((column) => oneLine(row[column] ?? '')));
  const widths = used.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  const padded = lines.map((line) => line.map((cell, index) => cell.padEnd(widths[index]!)).join('  '));
  return padded.map((line) => `${line.trimEnd()}\n`).join('');
}

function oneLine(text: string): string {
  return printable(text.replace(/[\r\n\t]+/g, ' '));
}
