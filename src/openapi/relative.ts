/** How a page refers to another path of the app: relative, so that it works behind a proxy that adds a prefix. */
export function relative(target: string, page: string): string {
  return `${'../'.repeat(page.split('/').length - 2)}${target.slice(1)}`;
}
