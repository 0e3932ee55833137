import type { Redis } from 'ioredis';
import type { CeleryLedger } from '../brokers/celery-ledger.ts';
import type { CelerySettings } from '../brokers/celery-options.ts';
import { afterChord } from '../messages/follow-ups.ts';
import { freeze } from '../messages/freeze.ts';
import { type ChordPart, expand, type FollowUps, join, type Parent } from '../messages/outgoing.ts';
import { nestedResults } from '../results/nested-results.ts';
import { decodeJson } from '../wire/decode-json.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { chordError, encodeException } from '../wire/exception.ts';
import { decodeResult, type ResultMeta } from '../wire/result.ts';
import { withResult } from '../wire/signature.ts';

export interface Counted extends FollowUps {
  /** Chords whose last part has come: their count is of no use once what follows is stored. */
  readonly complete: readonly string[];
}

type PartResult = Pick<ResultMeta, 'status' | 'result'>;

type Member = readonly [kind: number, id: string, state: string, result: unknown];

/** Counts the parts of chords in Celery's result store, so that parts may run in both languages. */
export class Chords {
  readonly #redis: Redis;
  readonly #ledger: CeleryLedger;
  readonly #settings: CelerySettings;

  constructor(redis: Redis, ledger: CeleryLedger, settings: CelerySettings) {
    this.#redis = redis;
    this.#ledger = ledger;
    this.#settings = settings;
  }

  /** Notes how many parts each chord has, before any of them can end. */
  async prepare(chords: FollowUps['chords']): Promise<void> {
    for (const { group, size } of chords)
      await this.#redis.set(`${this.#key(group)}.s`, size, 'PX', this.#settings.resultExpires);
  }

  /** Notes the result of a task in the chords that wait for it, which may be the last parts of those, and so on. */
  async count(follow: FollowUps, meta: string, parent: Parent): Promise<Counted> {
    const ends = [follow];
    const complete: string[] = [];
    const parts = follow.parts.map((part) => ({ part, result: decodeResult(meta)! as PartResult }));
    for (let next = parts.shift(); next !== undefined; next = parts.shift()) {
      const { part } = next;
      const members = await this.#report(part, next.result);
      if (members.length === 0) continue;
      complete.push(part.group);
      const more = await this.#end(part, members, parent);
      ends.push(more);
      const failure = { status: 'FAILURE', result: more.forsaken[0]?.exception };
      parts.push(...more.parts.map((outer) => ({ part: outer, result: failure })));
    }
    const counted = join(ends);
    await this.prepare(counted.chords);
    return { ...counted, complete };
  }

  /** Forgets the counts of chords that are complete; not before what follows is stored, for until then a part may run again. */
  async forget(groups: readonly string[]): Promise<void> {
    const keys = groups.flatMap((group) => ['.j', '.t', '.s'].map((kind) => this.#key(group) + kind));
    if (keys.length > 0) await this.#redis.del(...keys);
  }

  // All of them, once the last one is there.
  async #report({ group, id, index }: ChordPart, { status, result }: PartResult): Promise<Member[]> {
    // As Celery's result store has it in the list of parts.
    const member = encodeJson([1, id, status, result]);
    const args = [group, id, index ?? '+inf', member, this.#settings.resultExpires];
    return ((await this.#ledger.call('chord', args)) as string[]).map(readMember);
  }

  // The body starts; or it never runs and has failed, and its errbacks learn of it.
  async #end({ chord, group }: ChordPart, members: readonly Member[], parent: Parent): Promise<FollowUps> {
    const failed = members.find(([, , state]) => state === 'FAILURE' || state === 'REVOKED');
    const body = freeze(chord);
    if (failed !== undefined) return afterChord(body, encodeException(chordError(failed[1], failed[3])), parent);
    const values = new Map(members.map(([, id, , value]) => [id, value]));
    // Python notes there how results are nested, where they are.
    const saved = await this.#redis.get(this.#key(group));
    const nested = saved === null ? undefined : nestedResults(saved, values);
    return expand(withResult(body, nested ?? members.map(([, , , value]) => value)), parent);
  }

  #key(group: string): string {
    return `${this.#settings.keyPrefix}celery-taskset-meta-${group}`;
  }
}

// A worker in Python may have counted its part in another format.
function readMember(text: string): Member {
  try {
    return decodeJson(text) as Member;
  } catch {
    const cause = { exc_type: 'DecodeError', exc_message: ['its result is not JSON'] };
    return [1, 'unknown', 'FAILURE', cause];
  }
}
