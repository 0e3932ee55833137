import { styleText } from 'node:util';
import type { ReadyApp } from './messages.ts';

/** Says where the app is, once. */
export function banner({ title, scheme, docs }: ReadyApp, host: string, port: number): void {
  const address = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const rows = [['App', address], ...(docs === undefined ? [] : [['Docs', `${address}${docs}`]])];
  const lines = rows.map(([name, value]) => `  ${styleText('dim', name!.padEnd(5))}${styleText('cyan', value!)}`);
  console.log(
    `\n  ${styleText('bold', title)}\n${lines.join('\n')}\n  ${styleText('dim', 'Restarts on change, stops on Ctrl-C')}\n`,
  );
}

export function note(text: string): void {
  console.log(styleText('dim', `↻ ${text}`));
}

export function problem(lines: readonly string[]): void {
  const [first = '', ...rest] = lines;
  console.error([styleText('red', first, { stream: process.stderr }), ...rest].join('\n'));
}
