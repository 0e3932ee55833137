/** How a page refers to another path of the app: relative, so that it works behind a proxy that adds a prefix. */
export function relative(target: string, page: string): string {
  return `${'../'.repeat(page.split('/').length - 2)}${target.slice(1)}`;
}

/** JSON that may stand in a script of a page. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Text that may stand in a page, or in an attribute of it. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
