import { claimKey } from '../../../contract/claim-key.ts';
import type { BuiltInTask, Claim, ClaimRef, ClaimRequest, Finish, Outcome } from '../../../contract/engine.ts';
import { expiredBecause } from '../../../contract/task-errors.ts';
import { toTaskError } from '../../../contract/to-task-error.ts';
import type { DescribedTask, LedgerEnd } from '../../ledger/ledger-arguments.ts';
import type { Received } from '../brokers/broker.ts';
import { type AnsweredEnd, noFollowers, type UnansweredEnd } from '../brokers/celery-ledger.ts';
import { followUps } from '../messages/follow-ups.ts';
import { type FollowUps, join } from '../messages/outgoing.ts';
import { endMeta, errorText, exceptionOf, failureMeta, isExpiry } from '../results/states.ts';
import { timeLimit } from '../results/time-limit.ts';
import { decodeTask } from '../wire/decode-task.ts';
import { encodeTask } from '../wire/encode-task.ts';
import { readResult } from '../wire/result.ts';
import { isAlone, type TaskMessage } from '../wire/task-message.ts';
import { builtInTask } from './built-ins.ts';
import type { AfterEnd, CeleryLink } from './celery-link.ts';
import { failAlone } from './fail-alone.ts';
import { Presence, type ShownRun } from './presence.ts';
import { isOwnTask, receivedTask } from './received-task.ts';

/** A run of this process, with the message that brought it. */
interface Run extends ShownRun {
  readonly queue: string;
  message: TaskMessage | undefined;
  readonly packed: string;
  /** Whether the ledger had the task before its message came. */
  readonly isOwn: boolean;
  /** What follows beside what its message says. */
  more?: FollowUps;
}

interface Prepared<End> extends AfterEnd {
  readonly end: End;
}

/** The worker's side of the engine: takes tasks, whoever sent them, and ends them as Celery would. */
export class Serving {
  readonly #link: CeleryLink;
  readonly #runs = new Map<string, Run>();
  #presence: Presence | undefined;
  #worker: string | undefined;

  constructor(link: CeleryLink) {
    this.#link = link;
  }

  async stop(): Promise<void> {
    await this.#presence?.stop();
    if (this.#worker !== undefined) await this.#link.ledger.leave(this.#worker).catch(() => {});
    this.#runs.clear();
    this.#presence = undefined;
    this.#worker = undefined;
  }

  get isPresent(): boolean {
    return this.#presence !== undefined;
  }

  /** Lamport time for a message of this process. */
  tick(): number {
    return this.#presence?.clock.tick() ?? 1;
  }

  async claim(request: ClaimRequest): Promise<readonly Claim[]> {
    this.#worker = request.worker;
    this.#presence ??= await this.#appear(request);
    return this.#take(await this.#link.broker.claim(request, this.#link.brokerQueue));
  }

  /** What a claim runs that Celery has built in. */
  builtIn(claim: Claim): BuiltInTask | undefined {
    const run = this.#runs.get(claimKey(claim));
    if (run?.message === undefined) return undefined;
    const { host, redis } = this.#link;
    return builtInTask(run.message, {
      host,
      parent: this.#link.parent(),
      resultOf: async (id) => {
        const text = await redis.get(this.#link.metaKey(id));
        return text === null ? undefined : readResult(id, text);
      },
      follow: (more) => {
        run.more = more;
      },
    });
  }

  async finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    const prepare = (end: Finish): Promise<Prepared<LedgerEnd>> =>
      failAlone(end, (one) => this.#prepareEnd(one), this.#runs.get(claimKey(end.claim)), this.#link.host.log);
    const prepared = await Promise.all(ends.map(prepare));
    const stored = await this.#link.ledger.finish(prepared.map(({ end }) => end));
    for (const [at, one] of prepared.entries()) {
      const { end } = one;
      const run = this.#runs.get(claimKey(end.claim));
      this.#runs.delete(claimKey(end.claim));
      if (stored[at] === false) continue;
      this.#presence?.ended(end, run);
      await this.#afterEnd(one);
      if (end.kind === 'retrying' || end.kind === 'released') this.#link.promoteBy(end.runAt ?? 0);
    }
    this.#link.broker.settled(ends.map(({ claim }) => claim));
    return stored.map((result) => result !== false);
  }

  // What their messages say is told to the ledger where it knew otherwise; what cannot run is answered.
  async #take(received: readonly Received[]): Promise<Claim[]> {
    const claims: Claim[] = [];
    const described: DescribedTask[] = [];
    const ends: Finish[] = [];
    const held: LedgerEnd[] = [];
    for (const item of received) {
      const claim = this.#begin(item);
      try {
        const { message, record, isKnown, verdict } = receivedTask(item, this.#link.host, this.#priorityOf);
        if (!isKnown) described.push(record);
        if (verdict === 'expired')
          ends.push({ claim, outcome: { kind: 'cancelled', error: expiredBecause(record.expiresAt ?? 0) } });
        else if (verdict === 'hold')
          held.push({ claim, kind: 'released', value: '', runAt: record.runAt, message: item.packed });
        else {
          claims.push({ ...record, token: claim.token, ...timeLimit(message) });
          this.#presence?.started({ ...record, token: claim.token }, message);
        }
      } catch (error) {
        const { name } = this.#runs.get(claimKey(claim))!;
        const text = 'a message cannot run here, and is answered';
        this.#link.host.log.error({ task_id: claim.id, task: name, err: error }, text);
        ends.push({ claim, outcome: { kind: 'failed', error: toTaskError(error) } });
      }
    }
    await this.#link.ledger.describe(described);
    if (held.length > 0) await this.#hold(held);
    if (ends.length > 0) await this.finish(ends);
    return claims;
  }

  // What is not due yet waits in the ledger.
  async #hold(held: readonly LedgerEnd[]): Promise<void> {
    await this.#link.ledger.finish(held);
    for (const { claim, runAt } of held) {
      this.#runs.delete(claimKey(claim));
      this.#link.promoteBy(runAt ?? 0);
    }
    this.#link.broker.settled(held.map(({ claim }) => claim));
  }

  // 0 is the most urgent over Redis, the least urgent over RabbitMQ.
  readonly #priorityOf = ({ priority }: TaskMessage): number => {
    const { kind, defaultPriority } = this.#link.settings;
    if (priority === undefined) return 0;
    return kind === 'redis' ? defaultPriority - priority : priority - defaultPriority;
  };

  #begin({ task, decoded, packed }: Received): ClaimRef {
    const { id, name, queue } = task.record;
    const claim: ClaimRef = { id, token: task.token };
    const message = decoded.ok ? decoded.message : undefined;
    const startedAt = this.#link.host.clock.now();
    const isOwn = message === undefined || isOwnTask(task, message);
    this.#runs.set(claimKey(claim), { claim, name: message?.task ?? name, queue, startedAt, message, packed, isOwn });
    return claim;
  }

  async #prepareEnd({ claim, outcome }: Finish): Promise<Prepared<LedgerEnd>> {
    const run = this.#runs.get(claimKey(claim));
    const now = this.#link.host.clock.now();
    if (outcome.kind === 'released') {
      const end: LedgerEnd = { claim, kind: 'released', value: '', runAt: now, message: run?.packed ?? '' };
      return { end, complete: [], replies: [] };
    }
    if (outcome.kind === 'retrying')
      return { end: this.#retryEnd(claim, outcome, run, now), complete: [], replies: [] };
    const message = run?.message;
    const said = message === undefined ? undefined : followUps(message, outcome, this.#link.parent());
    const succeeded = outcome.kind === 'succeeded';
    const follow = succeeded && said && run?.more ? join([said, run.more]) : said;
    const children = follow?.sends.map((send) => send.message.id) ?? [];
    const meta = endMeta(claim.id, outcome, message, children, now);
    const { complete, replies, ...followers } = await this.#link.followers(follow, meta);
    const end: LedgerEnd = {
      claim,
      kind: outcome.kind === 'cancelled' && isExpiry(outcome.error) ? 'expired' : outcome.kind,
      value: succeeded ? outcome.result : errorText(outcome.error),
      message: run === undefined || succeeded || !saysMore(run) ? '' : run.packed,
      followers: { ...followers, meta: message?.ignoreResult ? '' : meta },
    };
    const reply = { to: message?.replyTo, id: claim.id, meta: end.followers?.meta ?? '' };
    return { end, complete, replies: [reply, ...replies] };
  }

  #retryEnd(
    claim: ClaimRef,
    { error, runAt }: Extract<Outcome, { kind: 'retrying' }>,
    run: Run | undefined,
    now: number,
  ): LedgerEnd {
    const message = run?.message;
    const { broker, brokerQueue } = this.#link;
    const again = message && { ...message, retries: message.retries + 1, eta: runAt, parentId: message.id };
    const packed = again && broker.pack(encodeTask(again), { queue: brokerQueue(run!.queue) });
    const meta = failureMeta(claim.id, 'RETRY', exceptionOf(error), error.stack, message, now);
    const followers = { ...noFollowers, meta };
    return { claim, kind: 'retrying', value: errorText(error), runAt, message: packed ?? run?.packed ?? '', followers };
  }

  /** Sees to what follows from ends that no run had: of tasks that were cancelled, expired, or took their workers with them. */
  async answer(): Promise<void> {
    const ends = await this.#link.ledger.unanswered(100);
    if (ends.length === 0) return;
    const answers = await Promise.all(ends.map((end) => this.#answerTo(end)));
    await this.#link.ledger.answered(answers.map(({ end }) => end));
    for (const one of answers) await this.#afterEnd(one);
  }

  async #answerTo({ id, state, error, message: packed, isOwn }: UnansweredEnd): Promise<Prepared<AnsweredEnd>> {
    const decoded = decodeTask(this.#link.broker.unpack(packed), this.#link.host.payloadLimit);
    if (!decoded.ok || error === undefined)
      return { end: { id, keepsMessage: true, followers: noFollowers }, complete: [], replies: [] };
    const { message } = decoded;
    const outcome = { kind: state === 'failed' ? 'failed' : 'cancelled', error } as const;
    const meta = endMeta(id, outcome, message, [], this.#link.host.clock.now());
    const follow = followUps(message, outcome, this.#link.parent());
    const { complete, replies, ...followers } = await this.#link.followers(follow, meta);
    const end = { id, keepsMessage: !isOwn || !isAlone(message), followers: { ...followers, meta: '' } };
    return { end, complete, replies: [{ to: message.replyTo, id, meta }, ...replies] };
  }

  async #afterEnd({ replies, complete }: AfterEnd): Promise<void> {
    const { settings, broker, chords } = this.#link;
    // For clients whose results come to a queue of their own.
    for (const { to, id, meta } of replies) if (settings.rpc && to && meta) await broker.sendResult?.(to, id, meta);
    await chords.forget(complete);
  }

  async #appear(request: ClaimRequest): Promise<Presence> {
    const queues = request.queues.map(({ queue }) => this.#link.brokerQueue(queue));
    const presence = new Presence(this.#link, queues, () => [...this.#runs.values()]);
    await presence.start();
    return presence;
  }
}

// Whether a retry by hand needs the message: of any other task the ledger has all that it says.
function saysMore({ message, isOwn }: Run): boolean {
  return message !== undefined && (!isOwn || !isAlone(message));
}
