import { loadSend } from './load-send.ts';

/** Media type of a file by the ending of its name, with the charset of text. */
export function mediaTypeOf(name: string): string {
  const type = loadSend().mime.getType(name) ?? 'application/octet-stream';
  // RFC 9239.
  if (type === 'application/javascript') return 'text/javascript; charset=utf-8';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** Whether a file of this type is likely to have a packed one beside it. */
export function isPackable(type: string): boolean {
  return /^text\/|[/+](?:json|xml|javascript|wasm)\b|^font\/[ot]tf|^image\/(?:bmp|x-icon)/.test(type);
}
