import { brotliDecompressSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { decodeJson } from './decode-json.ts';
import { decodeSignature, decodeSignatures, record } from './signature.ts';
import { protocolHeaders, type TaskMessage } from './task-message.ts';
import { decodeTime } from './time.ts';

/** A message as a transport delivered it, its body still packed. */
export interface RawMessage {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly contentType: string | undefined;
}

/** A task read off the wire, or why it cannot be: with its id and name when at least those are known, so that it can be answered. */
export type Decoded =
  | { readonly ok: true; readonly message: TaskMessage }
  | { readonly ok: false; readonly reason: string; readonly id: string | undefined; readonly task: string | undefined };

// Bytes that a packed body may have beside its arguments: what comes after the task.
const besides = 1024 * 1024;

/**
 * Reads protocol version 2, version 1 and the hybrid of both. Never throws: a broken message is a value.
 *
 * @param payloadLimit Most bytes of arguments that a compressed body may unpack to. Default 1 MiB. The body of one that is not compressed is
 *   there already, and read whatever its size.
 */
export function decodeTask(raw: RawMessage, payloadLimit: number = 1024 * 1024): Decoded {
  const id = text(raw.headers['id']) ?? text(raw.properties['correlation_id']);
  const task = text(raw.headers['task']);
  const refuse = (reason: string): Decoded => ({ ok: false, reason, id, task });
  const type = raw.contentType ?? 'application/json';
  if (type !== 'application/json') return refuse(`content type ${type} is not accepted, only application/json`);
  let body: unknown;
  try {
    body = decodeJson(unpack(raw.body, raw.headers['compression'], payloadLimit + besides));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      return refuse(`its body unpacks to more than the ${payloadLimit} bytes that an input may have (payloadLimit)`);
    return refuse(`its body cannot be decoded: ${(error as Error).message}`);
  }
  if (typeof body !== 'object' || body === null) return refuse('its body is neither a list nor an object');
  return assemble(raw, Array.isArray(body) ? partsV2(raw, body) : partsV1(raw, record(body)), refuse);
}

// What both versions say, wherever it stands.
interface Parts {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly embed: Readonly<Record<string, unknown>>;
  /** Headers of the application. */
  readonly own: Readonly<Record<string, unknown>>;
}

function partsV2({ headers }: RawMessage, [args, kwargs, embed]: readonly unknown[]): Parts {
  const own = Object.entries(headers).filter(([name]) => !protocolHeaders.includes(name));
  return { headers, args, kwargs, embed: record(embed), own: Object.fromEntries(own) };
}

// Version 1 keeps all in the body; in the hybrid form the headers win.
function partsV1(raw: RawMessage, body: Record<string, unknown>): Parts {
  const { args = [], kwargs = {}, callbacks, errbacks, chord, chain, ...rest } = body;
  const group = rest['group'] ?? rest['taskset'];
  const headers = { ...rest, group, ...raw.headers };
  return { headers, args, kwargs, embed: { callbacks, errbacks, chord, chain }, own: {} };
}

function assemble(
  raw: RawMessage,
  { headers, args, kwargs, embed, own }: Parts,
  refuse: (reason: string) => Decoded,
): Decoded {
  const id = text(headers['id']);
  const task = text(headers['task']);
  if (task === undefined) return refuse('it names no task');
  if (id === undefined) return refuse('it has no id');
  const problem = shapeProblem(args, kwargs, headers);
  if (problem !== undefined) return { ok: false, reason: problem, id, task };
  const [timeLimit, softTimeLimit] = Array.isArray(headers['timelimit']) ? headers['timelimit'] : [];
  const message: TaskMessage = {
    id,
    task,
    args: args as unknown[],
    kwargs: kwargs as Record<string, unknown>,
    eta: decodeTime(headers['eta']),
    expires: decodeTime(headers['expires']),
    retries: number(headers['retries']) ?? 0,
    timeLimit: number(timeLimit),
    softTimeLimit: number(softTimeLimit),
    group: text(headers['group']),
    groupIndex: number(headers['group_index']),
    rootId: text(headers['root_id']),
    parentId: text(headers['parent_id']),
    origin: text(headers['origin']),
    replyTo: text(raw.properties['reply_to']) || undefined,
    ignoreResult: headers['ignore_result'] === true,
    priority: number(raw.properties['priority']),
    callbacks: decodeSignatures(embed['callbacks']),
    errbacks: decodeSignatures(embed['errbacks']),
    chain: decodeSignatures(embed['chain']),
    chord: decodeSignature(embed['chord']),
    argsRepr: text(headers['argsrepr']) || undefined,
    kwargsRepr: text(headers['kwargsrepr']) || undefined,
    headers: own,
    ...stampsOf(headers),
  };
  return { ok: true, message };
}

function stampsOf({ stamped_headers: names, stamps }: Parts['headers']): Pick<TaskMessage, 'stamps'> {
  if (!Array.isArray(names) || names.length === 0) return {};
  const values = record(stamps);
  return {
    stamps: Object.fromEntries(
      names.filter((name) => typeof name === 'string').map((name) => [name, values[name] ?? null]),
    ),
  };
}

function shapeProblem(args: unknown, kwargs: unknown, headers: Parts['headers']): string | undefined {
  if (!Array.isArray(args)) return 'its args are not a list';
  if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs)) return 'its kwargs are not an object';
  for (const name of ['eta', 'expires']) {
    const value = headers[name];
    if (value !== null && value !== undefined && decodeTime(value) === undefined) return `its ${name} is not a time`;
  }
  return undefined;
}

// Kombu calls its zlib stream gzip.
function unpack(body: Uint8Array, compression: unknown, most: number): string {
  const limit = { maxOutputLength: most };
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (compression === undefined || compression === null) return buffer.toString('utf8');
  if (compression === 'application/x-gzip') return inflateSync(buffer, limit).toString('utf8');
  if (compression === 'application/x-brotli') return brotliDecompressSync(buffer, limit).toString('utf8');
  if (compression === 'application/zstd') return zstdDecompressSync(buffer, limit).toString('utf8');
  throw new Error(`compression ${String(compression)} is not known`);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
