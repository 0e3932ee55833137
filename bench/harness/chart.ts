/** One bar of a {@link barChart}. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What stands at its end; the value where this is absent. */
  readonly text?: string;
  /** Drawn in the accent colour. */
  readonly accent?: boolean;
}

/** One group of bars under a heading, on a scale of its own. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const width = 760;
const labelWidth = 190;
const textWidth = 150;
const barHeight = 20;
const gap = 6;

/** Horizontal bars as an SVG that is readable on a light and on a dark page. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const parts: string[] = [];
  let y = 44;
  for (const group of groups) {
    parts.push(`<text class="group" x="16" y="${y + 4}">${escapeXml(group.title)}</text>`);
    y += 18;
    const largest = Math.max(...group.bars.map(({ value }) => value));
    for (const bar of group.bars) {
      parts.push(...drawBar(bar, largest, y));
      y += barHeight + gap;
    }
    y += 24;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="${escapeXml(title)}">`,
    `<style>${style}</style>`,
    `<text class="title" x="16" y="24">${escapeXml(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function drawBar({ label, value, text, accent }: Bar, largest: number, y: number): string[] {
  const length = Math.max(1, Math.round((value / largest) * (width - labelWidth - textWidth)));
  const middle = y + barHeight / 2 + 4;
  return [
    `<text class="label" x="${labelWidth - 10}" y="${middle}">${escapeXml(label)}</text>`,
    `<rect class="${accent ? 'bar accent' : 'bar'}" x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}" rx="3"/>`,
    `<text class="value" x="${labelWidth + length + 8}" y="${middle}">${escapeXml(text ?? String(value))}</text>`,
  ];
}

const style = [
  'text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}.group{font-weight:600}.label{text-anchor:end}',
  '.bar{fill:#a9b1ba}.accent{fill:#a0522d}',
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#5b6570}.accent{fill:#d2834f}}',
].join('');

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
