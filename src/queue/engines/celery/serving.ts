import type { Claim, ClaimRef, ClaimRequest, Finish } from '../../engine.ts';
import type { TaskRecord } from '../../task-record.ts';
import { toTaskError } from '../../to-task-error.ts';
import type { LedgerEnd } from '../ledger/ledger-arguments.ts';
import type { Received } from './broker.ts';
import type { CeleryLink } from './celery-link.ts';
import { failAlone } from './fail-alone.ts';
import { afterFailure, afterSuccess, type FollowUps } from './follow-ups.ts';
import { mapArguments } from './map-arguments.ts';
import type { Expansion } from './outgoing.ts';
import { Presence } from './presence.ts';
import { errorOf, errorText, exceptionOf, failureMeta, revoked, successMeta } from './states.ts';
import { decodeJson } from './wire/decode-json.ts';
import { encodeJson } from './wire/encode-json.ts';
import { encodeTask } from './wire/encode-task.ts';
import { PythonError } from './wire/exception.ts';
import { decodeResult } from './wire/result.ts';
import type { TaskMessage } from './wire/task-message.ts';

/** A run of this process, with the message that brought it. */
interface Run {
  readonly claim: ClaimRef;
  readonly name: string;
  readonly queue: string;
  readonly startedAt: number;
  message: TaskMessage | undefined;
  readonly packed: string;
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

  /** Lamport time for a message of this process. */
  tick(): number {
    return this.#presence?.clock.tick() ?? 1;
  }

  async claim(request: ClaimRequest): Promise<readonly Claim[]> {
    this.#worker = request.worker;
    this.#presence ??= await this.#appear(request);
    const received = await this.#link.broker.claim(request, this.#link.brokerQueue);
    const claims: Claim[] = [];
    const adopted = received.filter(({ verdict }) => verdict === 'adopt');
    if (adopted.length > 0) claims.push(...(await this.#adopt(adopted)));
    for (const item of received) if (item.verdict === 'run') claims.push(this.#begin(item));
    return claims;
  }

  async finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    const prepared = await Promise.all(ends.map((end) => this.#prepare(end)));
    const stored = await this.#link.ledger.finish(prepared.map(({ end }) => end));
    for (const [at, { end, follow }] of prepared.entries()) {
      const run = this.#runs.get(runKey(end.claim));
      this.#runs.delete(runKey(end.claim));
      if (stored[at] === false) continue;
      this.#presence?.ended(end, run);
      await this.#reply(run?.message?.replyTo, end.claim.id, end.meta);
      if (follow !== undefined && follow.failed.length > 0) await this.#failElements(follow, end);
      if (end.kind === 'retrying' || end.kind === 'released') this.#link.promoteBy(end.runAt ?? 0);
    }
    this.#link.broker.settled(ends.map(({ claim }) => claim));
    return stored.map((result) => result !== false);
  }

  // Takes over tasks that somebody sent who keeps no ledger; answers those that cannot run here.
  async #adopt(received: readonly Received[]): Promise<Claim[]> {
    const claims: Claim[] = [];
    const described: (string | number)[] = [];
    const ends: Finish[] = [];
    const held: LedgerEnd[] = [];
    const now = this.#link.host.clock.now();
    for (const item of received) {
      const { task, decoded, packed } = item;
      const claim: ClaimRef = { id: task.record.id, token: task.token };
      const run: Run = {
        claim,
        name: task.record.name,
        queue: task.record.queue,
        startedAt: now,
        message: decoded.ok ? decoded.message : undefined,
        packed,
      };
      this.#runs.set(runKey(claim), run);
      try {
        const { message, input } = this.#read(item);
        const record: TaskRecord = {
          ...task.record,
          name: message.task,
          input,
          runAt: message.eta ?? now,
          expiresAt: message.expires,
          priority: this.#priorityOf(message),
          headers: textHeaders(message.headers),
          attempt: message.retries + 1,
        };
        const { id, createdAt, runAt, expiresAt, priority, headers, attempt } = record;
        described.push(id, input, createdAt, runAt, expiresAt ?? '', priority, JSON.stringify(headers), attempt);
        if (expiresAt !== undefined && expiresAt <= now) held.push(this.#expiredEnd(claim, message, now));
        else if (runAt > now) held.push({ claim, kind: 'released', value: '', runAt, message: packed });
        else claims.push(this.#begin({ ...item, task: { ...task, record } }));
      } catch (error) {
        this.#link.host.log.error(
          { task_id: claim.id, task: run.name, err: error },
          'a message cannot run here, and is answered',
        );
        ends.push({ claim, outcome: { kind: 'failed', error: toTaskError(error) } });
      }
    }
    if (described.length > 0) await this.#link.ledger.call('describe', described.length / 8, ...described);
    if (held.length > 0) await this.#hold(held);
    if (ends.length > 0) await this.finish(ends);
    return claims;
  }

  // What is not due yet waits in the ledger; what has expired is over.
  async #hold(held: readonly LedgerEnd[]): Promise<void> {
    await this.#link.ledger.finish(held);
    for (const { claim, meta, runAt } of held) {
      await this.#reply(this.#runs.get(runKey(claim))?.message?.replyTo, claim.id, meta);
      this.#runs.delete(runKey(claim));
      this.#link.promoteBy(runAt ?? 0);
    }
    this.#link.broker.settled(held.map(({ claim }) => claim));
  }

  #read({ decoded }: Received): { message: TaskMessage; input: string } {
    if (!decoded.ok) throw new PythonError('DecodeError', [decoded.reason], { module: 'kombu.exceptions' });
    const { message } = decoded;
    const known = this.#link.host.parameters?.(message.task);
    if (this.#link.host.parameters !== undefined && known === undefined) {
      throw new PythonError('NotRegistered', [message.task], { module: 'celery.exceptions' });
    }
    return { message, input: encodeJson(mapArguments(message, known)) };
  }

  // 0 is the most urgent over Redis, the least urgent over RabbitMQ.
  #priorityOf({ priority }: TaskMessage): number {
    const { kind, defaultPriority } = this.#link.settings;
    if (priority === undefined) return 0;
    return kind === 'redis' ? defaultPriority - priority : priority - defaultPriority;
  }

  #expiredEnd(claim: ClaimRef, message: TaskMessage, now: number): LedgerEnd {
    const value = JSON.stringify({
      name: 'CortadoError',
      code: 'CORTADO_TASK_EXPIRED',
      message: 'It was not started in time.',
    });
    return {
      claim,
      kind: 'expired',
      value,
      meta: failureMeta(claim.id, 'REVOKED', revoked('expired'), undefined, message, now),
    };
  }

  #begin({ task, decoded, packed }: Received): Claim {
    const message = decoded.ok ? decoded.message : undefined;
    // Runs on other workers count as well: what a Python worker tried and retried is not tried from the start.
    const attempt = Math.max(task.record.attempt, (message?.retries ?? 0) + 1);
    const claim: Claim = { ...task.record, attempt, token: task.token };
    const run: Run = {
      claim,
      name: claim.name,
      queue: claim.queue,
      startedAt: this.#link.host.clock.now(),
      message,
      packed,
    };
    this.#runs.set(runKey(claim), run);
    this.#presence?.started(claim, message);
    return claim;
  }

  #prepare(end: Finish): Promise<{ end: LedgerEnd; follow: FollowUps | undefined }> {
    return failAlone(end, (one) => this.#prepareEnd(one), this.#runs.get(runKey(end.claim)), this.#link.host.log);
  }

  async #prepareEnd({ claim, outcome }: Finish): Promise<{ end: LedgerEnd; follow: FollowUps | undefined }> {
    const run = this.#runs.get(runKey(claim));
    const message = run?.message;
    const now = this.#link.host.clock.now();
    if (outcome.kind === 'released')
      return { end: { claim, kind: 'released', value: '', runAt: now, message: run?.packed ?? '' }, follow: undefined };
    if (outcome.kind === 'retrying')
      return { end: this.#retryEnd(claim, outcome.error, outcome.runAt, run, now), follow: undefined };
    const succeeded = outcome.kind === 'succeeded';
    const follow =
      message === undefined
        ? undefined
        : succeeded
          ? afterSuccess(message, needsValue(message) ? decodeJson(outcome.result) : undefined, this.#link.parent())
          : outcome.kind === 'failed'
            ? afterFailure(message, this.#link.parent())
            : { ...nothing, parts: afterFailure(message, this.#link.parent()).parts };
    const meta = succeeded
      ? successMeta(claim.id, outcome.result, message, follow?.sends.map((send) => send.message.id) ?? [], now)
      : outcome.kind === 'failed'
        ? failureMeta(claim.id, 'FAILURE', exceptionOf(outcome.error), outcome.error.stack, message, now)
        : failureMeta(claim.id, 'REVOKED', revoked('terminated'), undefined, message, now);
    const chordSends = follow === undefined ? [] : await this.#reportParts(follow, meta);
    await this.#link.chords.prepare(follow?.chords ?? []);
    const sends = [...(follow?.sends ?? []), ...chordSends].map((send) => ({
      id: send.message.id,
      queue: send.queue,
      message: this.#link.broker.pack(send.wire, send.queue),
    }));
    const value = succeeded ? outcome.result : errorText(outcome.error);
    return { end: { claim, kind: outcome.kind, value, meta: message?.ignoreResult ? '' : meta, sends }, follow };
  }

  #retryEnd(
    claim: ClaimRef,
    error: TaskRecord['error'] & {},
    runAt: number,
    run: Run | undefined,
    now: number,
  ): LedgerEnd {
    const message = run?.message;
    const again: TaskMessage | undefined = message && {
      ...message,
      retries: message.retries + 1,
      eta: runAt,
      parentId: message.id,
    };
    const packed =
      again === undefined
        ? (run?.packed ?? '')
        : this.#link.broker.pack(encodeTask(again), this.#link.brokerQueue(run!.queue));
    const meta = failureMeta(claim.id, 'RETRY', exceptionOf(error), error.stack, message, now);
    return { claim, kind: 'retrying', value: errorText(error), runAt, message: packed, meta };
  }

  async #reportParts(follow: FollowUps, meta: string): Promise<Expansion['sends']> {
    const sends: Expansion['sends'][number][] = [];
    for (const part of follow.parts) {
      const expansion = await this.#link.chords.report(part, meta, this.#link.parent());
      if (expansion === undefined) continue;
      await this.#link.chords.prepare(expansion.chords);
      sends.push(...expansion.sends);
    }
    return sends;
  }

  // For clients whose results come to a queue of their own.
  async #reply(replyTo: string | undefined, id: string, meta: string | undefined): Promise<void> {
    const { settings, broker } = this.#link;
    if (settings.rpc && replyTo && meta) await broker.sendResult?.(replyTo, id, meta);
  }

  async #failElements({ failed }: FollowUps, end: LedgerEnd): Promise<void> {
    const meta = decodeResult(end.meta ?? '');
    if (meta === undefined) return;
    for (const { id, replyTo } of failed) {
      const exception = meta.result as Parameters<typeof failureMeta>[2];
      const text = failureMeta(id, 'FAILURE', exception, meta.traceback, undefined, this.#link.host.clock.now());
      await this.#link.redis
        .multi()
        .set(this.#link.metaKey(id), text, 'PX', this.#link.settings.resultExpires)
        .publish(this.#link.metaKey(id), text)
        .exec();
      await this.#link.ledger.call('observe', id, 'failed', errorText(errorOf(meta)));
      await this.#reply(replyTo, id, text);
    }
  }

  async #appear(request: ClaimRequest): Promise<Presence> {
    const presence = new Presence({
      broker: this.#link.broker,
      ledger: this.#link.ledger,
      host: this.#link.host,
      settings: this.#link.settings,
      queues: request.queues.map(({ queue }) => this.#link.brokerQueue(queue)),
      runs: () =>
        [...this.#runs.values()].map(({ claim, name, startedAt, message }) => ({
          id: claim.id,
          name,
          startedAt,
          message,
        })),
    });
    await presence.start();
    return presence;
  }
}

const nothing: FollowUps = { sends: [], chords: [], parts: [], failed: [] };

function runKey({ id, token }: ClaimRef): string {
  return `${token} ${id}`;
}

function needsValue({ callbacks, chain }: TaskMessage): boolean {
  return callbacks.length > 0 || chain.length > 0;
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
