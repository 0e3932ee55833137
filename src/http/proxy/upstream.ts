import type { Agent, request } from 'node:http';
import { checkOptions } from '../../base/check-options.ts';
import { flag, type Rules, shown, whole } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { isRecord } from '../../base/is-record.ts';
import { nodeHttp } from '../../base/node-http.ts';
import { shownUrl } from '../../base/show/shown-url.ts';

/** Options of {@link proxy}. */
export interface ProxyOptions {
  /** Sent with each request, in place of what the client sent by the same names: `{ 'x-api-key': key }`. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the client's `host`, which is always there as `x-forwarded-host`, in place of the service's own. Default `false`. */
  readonly preserveHost?: boolean;
  /** Lets web sockets through. Default `true`. */
  readonly webSockets?: boolean;
  /** Most connections to the service at once; further requests wait. Default: no limit. */
  readonly connections?: number;
}

const rules: Rules<ProxyOptions> = {
  headers: { wanted: 'an object of texts', fits: areHeaders },
  preserveHost: flag,
  webSockets: flag,
  connections: whole(1),
};

// Milliseconds that a connection without a request is kept: less than the five seconds of uvicorn and of Node's server.
const keepIdle = 4000;

/** A service that requests are handed on to. */
export interface Upstream {
  readonly url: URL;
  /** What stands before each path. */
  readonly basePath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly preserveHost: boolean;
  readonly webSockets: boolean;
  readonly request: typeof request;
  readonly agent: Agent;
}

/** @throws CortadoError `CORTADO_UPSTREAM_URL`, `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`. */
export function upstreamOf(address: unknown, options: ProxyOptions): Upstream {
  checkOptions('proxy()', options, rules);
  const url = URL.parse(String(address));
  const isUsable =
    (url?.protocol === 'http:' || url?.protocol === 'https:') &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (url === null || !isUsable)
    throw invalidOption(
      `proxy(): the address must be like 'http://127.0.0.1:9000' or 'https://old.example/api', without a user, a query or a fragment, not ${typeof address === 'string' ? shownUrl(address) : shown(address)}.`,
    );
  const framing = Object.keys(options.headers ?? {}).find((name) => saidByNode.includes(name.toLowerCase()));
  if (framing !== undefined)
    throw invalidOption(
      `proxy(): headers cannot have "${framing}": each message frames itself, and each connection is its own.`,
    );
  const { headers = {}, preserveHost = false, webSockets = true, connections } = options;
  const { Agent, request } = url.protocol === 'https:' ? nodeHttps() : nodeHttp;
  const settings = {
    keepAlive: true,
    timeout: keepIdle,
    ...(connections !== undefined && { maxSockets: connections }),
  };
  return {
    url,
    basePath: url.pathname.replace(/\/$/, ''),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    preserveHost,
    webSockets,
    request: request as Upstream['request'],
    agent: new Agent(settings),
  };
}

const saidByNode: readonly string[] = [
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'trailer',
  'expect',
];

const nodeHttps = (): typeof import('node:https') => process.getBuiltinModule('node:https');

function areHeaders(value: unknown): boolean {
  if (!isRecord(value)) return false;
  try {
    for (const [name, text] of Object.entries(value)) {
      nodeHttp.validateHeaderName(name);
      nodeHttp.validateHeaderValue(name, text as string);
    }
    return true;
  } catch {
    return false;
  }
}
