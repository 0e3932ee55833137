/** The members of an `Accept` or `Accept-Encoding` header with their weights (RFC 9110, 12.4.2 and 12.5), names in lower case. */
export function* accepted(header: string): Generator<readonly [name: string, weight: number]> {
  for (const member of header.split(',')) {
    const [name = '', ...parameters] = member.split(';');
    const weight = parameters.map((one) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(one)?.[1]).find((one) => one !== undefined);
    yield [name.trim().toLowerCase(), weight === undefined ? 1 : Number(weight)];
  }
}

const html: readonly string[] = ['text/html', 'application/xhtml+xml'];

/** Whether a request is for a page, as when a browser opens an address; as FastAPI's `frontend()`, a mere wildcard is not. */
export function wantsPage(accept: string | undefined): boolean {
  for (const [type, weight] of accepted(accept ?? '')) if (weight > 0 && html.includes(type)) return true;
  return false;
}

/** A way to pack a file, and the ending of the packed one's name. */
export interface Packing {
  readonly encoding: string;
  readonly ending: string;
}

// The smallest first, which is what decides between those that a client likes as much.
const packings: readonly Packing[] = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'zstd', ending: '.zst' },
  { encoding: 'gzip', ending: '.gz' },
];

/** The packings that a client takes, best first. */
export function acceptedPackings(header: string | undefined): readonly Packing[] {
  if (header === undefined) return [];
  const weights = new Map(accepted(header));
  const weightOf = ({ encoding }: Packing): number =>
    weights.get(encoding) ?? (encoding === 'gzip' ? weights.get('x-gzip') : undefined) ?? weights.get('*') ?? 0;
  const plain = weights.get('identity') ?? 0;
  return packings
    .filter((packing) => weightOf(packing) > 0 && weightOf(packing) >= plain)
    .toSorted((a, b) => weightOf(b) - weightOf(a));
}
