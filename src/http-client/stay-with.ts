import type { Dispatcher } from 'undici';
import { isBelow } from './target.ts';
import { UpstreamError } from './upstream-error.ts';

// What says nothing of who asks.
const harmless = new Set([
  'accept',
  'accept-language',
  'content-language',
  'content-length',
  'content-type',
  'user-agent',
]);

/**
 * Keeps a request that follows redirects with whom it was meant for: below the client's base it stays there, and fails elsewhere; without
 * a base, another origin gets none of the headers that may be keys. undici itself takes off `authorization` and `cookie` alone.
 */
export function stayWith(target: URL, base: URL | undefined): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const next = new URL(options.path, String(options.origin));
    if (base === undefined)
      return dispatch(
        next.origin === target.origin ? options : { ...options, headers: withoutKeys(options.headers) },
        handler,
      );
    if (isBelow(base, next)) return dispatch(options, handler);
    const message = `${target.origin}${target.pathname} redirects to ${next.origin}${next.pathname}, which is not below ${base.href}, the baseUrl of its client`;
    handler.onResponseError?.(undefined as never, new UpstreamError('CORTADO_UPSTREAM', message));
    return false;
  };
}

// undici hands headers on as a list of names and values, one after the other, once it has followed a redirect.
function withoutKeys(headers: Dispatcher.DispatchOptions['headers']): string[] {
  const list = Array.isArray(headers) ? headers : Object.entries(headers ?? {}).flat();
  return list.map(String).filter((_, at, all) => harmless.has(all[at - (at % 2)]!.toLowerCase()));
}
