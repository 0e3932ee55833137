import fastQuery from 'fast-querystring';

/** Reads a query string. As in FastAPI, bytes that are no UTF-8 become U+FFFD, and a `%` without digits stays one. */
export function parseQuery(text: string): unknown {
  if (text === '') return {};
  // Fastify's own parser, which leaves a text as it was sent when it cannot decode all of it.
  return fastQuery.parse(text.includes('%') && !isDecodable(text) ? mended(text) : text);
}

/** Decodes a name or value as browsers encode them in forms: what `URLSearchParams` makes of it. */
export function decodeFormText(encoded: string): string {
  const text = encoded.includes('+') ? encoded.replaceAll('+', ' ') : encoded;
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeURIComponent(mended(text));
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function mended(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+|%/gi, (bytes) =>
    bytes === '%' ? '%25' : encodeURIComponent(Buffer.from(bytes.replaceAll('%', ''), 'hex').toString()),
  );
}
