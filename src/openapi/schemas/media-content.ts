import type { OpenApiVersion } from '../../declare/route/api-info.ts';
import type { Media } from '../../declare/route/media.ts';
import type { Route } from '../../declare/route/route.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import type { Components } from './components.ts';

/** Documents an answer that is not one JSON value. The parts of a stream are `itemSchema`, or in 3.1, which has none, a `contentSchema`. */
export function mediaContent(
  route: Route,
  media: Media<unknown>,
  components: Components,
  version: OpenApiVersion,
): Readonly<Record<string, object>> {
  const item =
    media.item && components.place(describeSchema(media.item, 'output', `${route.name}: response`), 'output');
  if (version === '3.2.0' && media.format !== 'content') {
    const itemSchema = media.format === 'event-stream' ? eventSchema(item) : (item ?? {});
    return { [media.mediaType]: { itemSchema } };
  }
  return { [media.mediaType]: { schema: schemaOf(media, item) } };
}

function schemaOf({ format, mediaType }: Media<unknown>, item: JsonSchema | undefined): JsonSchema {
  if (format === 'content') return contentSchema(mediaType);
  if (format === 'json-lines')
    return { type: 'string', contentMediaType: mediaType, ...(item && { contentSchema: item }) };
  return { type: 'string', contentMediaType: mediaType, contentSchema: eventSchema(item) };
}

/**
 * Documents text or bytes of a media type. Bytes are told twice: by JSON Schema's own `contentMediaType`, as 3.1 says it, and by the
 * `format` of 3.0, which is what most generators of clients take for a `Blob`.
 */
export function contentSchema(mediaType: string): JsonSchema {
  return isText(mediaType) ? { type: 'string' } : { type: 'string', format: 'binary', contentMediaType: mediaType };
}

/** Documents any body of a media type. */
export function anyBody(mediaType: string): JsonSchema {
  return isJson(mediaType) ? {} : contentSchema(mediaType);
}

const isJson = (mediaType: string): boolean => /[/+]json\b/i.test(mediaType);
const isText = (mediaType: string): boolean => /^text\/|[/+](?:json|xml)\b/.test(mediaType);

/** An event as the HTML standard knows it; as in FastAPI, its data is JSON where the items have a schema. */
function eventSchema(item: JsonSchema | undefined): JsonSchema {
  const data = item && { contentMediaType: 'application/json', contentSchema: item };
  return {
    type: 'object',
    properties: {
      data: { type: 'string', ...data },
      event: { type: 'string' },
      id: { type: 'string' },
      retry: { type: 'integer', minimum: 0 },
    },
    ...(item && { required: ['data'] }),
  };
}
