import type { Redis } from 'ioredis';
import type { Ledger } from '../ledger/ledger.ts';
import type { CelerySettings } from './celery-options.ts';
import type { ChordPart } from './follow-ups.ts';
import { type Expansion, expand, type Parent } from './outgoing.ts';
import { failureMeta } from './states.ts';
import { decodeJson } from './wire/decode-json.ts';
import { encodeJson } from './wire/encode-json.ts';
import { decodeResult, type ResultMeta } from './wire/result.ts';
import { withResult } from './wire/signature.ts';

/** Counts the parts of chords in Celery's result store, so that parts may run in both languages. */
export class Chords {
  readonly #redis: Redis;
  readonly #ledger: Ledger;
  readonly #settings: CelerySettings;

  constructor(redis: Redis, ledger: Ledger, settings: CelerySettings) {
    this.#redis = redis;
    this.#ledger = ledger;
    this.#settings = settings;
  }

  /** Notes how many parts each chord has, before any of them can end. */
  async prepare(chords: Expansion['chords']): Promise<void> {
    for (const { group, size } of chords)
      await this.#redis.set(`${this.#key(group)}.s`, size, 'PX', this.#settings.resultExpires);
  }

  /** Notes the result of a part. The last one gets what starts the body. */
  async report(part: ChordPart, meta: string, parent: Parent): Promise<Expansion | undefined> {
    const { status, result } = decodeResult(meta)!;
    const member = encodeJson([1, part.id, status, result]);
    const index = part.index ?? '+inf';
    const members = (await this.#ledger.call(
      'chord',
      part.group,
      part.id,
      index,
      member,
      this.#settings.resultExpires,
    )) as string[];
    if (members.length === 0) return undefined;
    const results = members.map((text) => decodeJson(text) as [number, string, string, unknown]);
    const failed = results.find(([, , state]) => state === 'FAILURE' || state === 'REVOKED');
    const expansion =
      failed === undefined
        ? expand(
            withResult(
              part.chord,
              results.map(([, , , value]) => value),
            ),
            parent,
          )
        : await this.#fail(part, failed[1], failed[3], parent);
    await this.#redis.del(`${this.#key(part.group)}.j`, `${this.#key(part.group)}.t`, `${this.#key(part.group)}.s`);
    return expansion;
  }

  // The body never runs; it has failed, and its errbacks learn of it.
  async #fail({ chord }: ChordPart, id: string, cause: unknown, parent: Parent): Promise<Expansion> {
    const { task_id: body, link_error: errbacks } = chord.options;
    if (typeof body !== 'string') return { sends: [], chords: [] };
    const exception = {
      exc_type: 'ChordError',
      exc_message: [`Dependency ${id} raised ${describe(cause)}`],
      exc_module: 'celery.exceptions',
    };
    const text = failureMeta(body, 'FAILURE', exception, undefined, undefined, parent.now);
    const key = `${this.#settings.keyPrefix}celery-task-meta-${body}`;
    await this.#redis.multi().set(key, text, 'PX', this.#settings.resultExpires).publish(key, text).exec();
    const list = Array.isArray(errbacks) ? errbacks : [];
    const expansions = list.map((errback) => expand(withResult(errback, body), parent));
    return { sends: expansions.flatMap(({ sends }) => sends), chords: expansions.flatMap(({ chords }) => chords) };
  }

  #key(group: string): string {
    return `${this.#settings.keyPrefix}celery-taskset-meta-${group}`;
  }
}

function describe(cause: unknown): string {
  const { exc_type: type, exc_message: args } = cause as { exc_type?: string; exc_message?: unknown };
  return type === undefined
    ? String(cause)
    : `${type}(${Array.isArray(args) ? args.map((arg) => encodeJson(arg)).join(', ') : String(args)})`;
}

/** Type of what a result says. */
export type { ResultMeta };
