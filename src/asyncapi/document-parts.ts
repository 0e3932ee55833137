import type { ErrorFormat } from '../declare/route/api-info.ts';
import type { OperationIds } from '../openapi/operations/operation-ids.ts';
import type { Components } from '../openapi/schemas/components.ts';
import type { Access } from './access.ts';
import type { UniqueNames } from './unique-names.ts';

/** What all channels of a document share. */
export interface ChannelTools {
  readonly components: Components;
  readonly access: Access;
  readonly channels: UniqueNames;
  readonly operations: UniqueNames;
  /** The names of the operations that have one in the OpenAPI document. */
  readonly ids: OperationIds;
  readonly errors: ErrorFormat;
}

/** A reference, or what stands in the place of one. */
export type Member = Readonly<Record<string, unknown>>;

/** A channel as the document has it, and what is done there. */
export interface DescribedChannel {
  readonly key: string;
  /** Which servers it is on: `ws`, `http`, or those of a kind of component. */
  readonly protocol: string;
  readonly channel: Member;
  readonly operations: Readonly<Record<string, Member>>;
}

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
