import { currentFrame } from '../concurrency/frame.ts';

const traceparent = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(-|$)/;

/**
 * The headers by which services tell that requests belong together, as the request that is being answered has them. Passed on as they came:
 * W3C Trace Context, 2.1, for services that make no spans of their own.
 */
export function traceHeaders(): Record<string, string> {
  const context = currentFrame()?.scope?.context as { headers?: Record<string, unknown> } | undefined;
  const { 'x-request-id': id, traceparent: parent, tracestate: state } = context?.headers ?? {};
  const passed: Record<string, string> = {};
  if (typeof id === 'string') passed['x-request-id'] = id;
  // A state means nothing without its parent.
  if (typeof parent !== 'string' || !traceparent.test(parent)) return passed;
  passed['traceparent'] = parent;
  if (typeof state === 'string') passed['tracestate'] = state;
  return passed;
}
