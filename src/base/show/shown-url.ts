/**
 * A URL as messages may show it: scheme, host, port and path, never a user, a password or a query. Of one that is written so that a password may
 * be anywhere, the scheme alone.
 */
export function shownUrl(url: string | URL): string {
  const text = String(url);
  const parsed = URL.parse(text);
  if (parsed === null || hasStrayPassword(parsed)) return `${/^[a-z][a-z0-9+.-]*:/i.exec(text)?.[0] ?? ''}//…`;
  return `${parsed.protocol}//${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}

/** Whether a text is a URL that has a user, a password or a key, or may have one. */
export function hasPassword(text: string): boolean {
  const parsed = URL.parse(text);
  if (parsed === null || !text.includes('://')) return false;
  return parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || hasStrayPassword(parsed);
}

/**
 * Whether what was meant as a password may stand outside of its place: it has a / ? # or @ that is not percent-encoded, or there are two URLs in
 * one.
 */
export function hasStrayPassword({ pathname, searchParams, hash }: URL): boolean {
  return [pathname, hash, ...searchParams.keys()].some((part) => part.includes('@'));
}
