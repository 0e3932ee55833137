/**
 * A `content-disposition` (RFC 6266). As Starlette: a name that is more than letters, digits and `-._~` is written as RFC 8187 has it, which every browser
 * reads.
 */
export function disposition(kind: 'attachment' | 'inline', name: string): string {
  const encoded = encodeURIComponent(name.toWellFormed()).replace(/[!'()*]/g, (letter) => {
    return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return encoded === name ? `${kind}; filename="${name}"` : `${kind}; filename*=utf-8''${encoded}`;
}
