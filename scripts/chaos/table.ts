import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Report } from './scenario.ts';

const head = [
  'scenario',
  'promised',
  'writes',
  'tasks',
  'lost',
  'twice',
  '503',
  'reset',
  'back after, ms',
  'seen besides',
] as const;

const markers = ['<!-- chaos:begin -->', '<!-- chaos:end -->'] as const;

/** A Markdown table of what was seen. */
export function tableOf(reports: readonly Report[]): string {
  return tableOfRows(reports.map(rowOf));
}

/** Puts what was seen into a page, between its two markers; rows of scenarios that did not run stay as they are. */
export function writeTable(path: string, reports: readonly Report[], order: readonly string[]): void {
  const page = existsSync(path) ? readFileSync(path, 'utf8') : `# Reliability\n\n${markers.join('\n')}\n`;
  const [from, to] = [page.indexOf(markers[0]), page.indexOf(markers[1])];
  if (from < 0 || to < from) throw new Error(`${path} needs the lines ${markers.join(' and ')}`);
  const before = page.slice(from, to).split('\n').filter(isRow);
  const rows = new Map([...before, ...reports.filter(({ skipped }) => skipped === undefined).map(rowOf)].map(named));
  const sorted = order.flatMap((name) => rows.get(name) ?? []);
  writeFileSync(path, `${page.slice(0, from)}${markers[0]}\n${tableOfRows(sorted)}\n${page.slice(to)}`);
}

function tableOfRows(rows: readonly string[]): string {
  return [line(head), line(head.map(() => '---')), ...rows].join('\n');
}

function rowOf({ scenario, skipped, account, seconds }: Report): string {
  const { name, promise } = scenario;
  if (skipped !== undefined) return line([`\`${name}\``, promise, ...Array(7).fill(''), `skipped: ${skipped}`]);
  const { acknowledged, tasks, lost, twice, refused, resets, backAfter, figures, broken } = account;
  const counts = [acknowledged, tasks, lost, twice, refused, resets].map((count) => count.toLocaleString('en-US'));
  const besides = [
    ...figures,
    ...broken.map((what) => `**broken:** ${what.split('\n')[0]}`),
    `${seconds.toFixed(0)} s`,
  ];
  return line([`\`${name}\``, promise, ...counts, spread(backAfter), besides.join('; ')]);
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '';
  const [least, most] = [Math.round(Math.min(...values)), Math.round(Math.max(...values))];
  return least === most ? `${least}` : `${least} to ${most}`;
}

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
const isRow = (text: string): boolean => text.startsWith('| `');
const named = (row: string): [string, string] => [row.split('`')[1]!, row];
