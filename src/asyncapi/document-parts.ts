/** A reference, or what stands in the place of one. */
export type Member = Readonly<Record<string, unknown>>;

/** Members without those that are absent. */
export function present(members: Member): Member {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Tags by their names, each once; `undefined` where there are none. */
export function tagsOf(names: readonly string[] = []): readonly Member[] | undefined {
  return names.length === 0 ? undefined : [...new Set(names)].map((name) => ({ name }));
}

/** What is said elsewhere, where its address is whole: AsyncAPI takes no other. */
export function docsOf<T extends { readonly url: string }>(docs: T | undefined): T | undefined {
  return docs !== undefined && URL.canParse(docs.url) ? docs : undefined;
}

/** Paragraphs of Markdown; `undefined` where there are none. */
export function paragraphs(...texts: readonly (string | undefined)[]): string | undefined {
  const said = texts.filter((text) => text !== undefined && text !== '');
  return said.length === 0 ? undefined : said.join('\n\n');
}
