import type { Session } from '../../db/session/session.ts';
import type { NewEvent, OpenChannels } from '../contract/engine.ts';

/** Lets events join the transaction of the running code, wherever that is. */
export interface Joiner {
  /** What `publish` joins; `undefined` outside of a transaction. */
  current(): object | undefined;
  publish(events: readonly NewEvent[], transaction: object): Promise<void>;
  close(): Promise<void>;
}

/** Joins transactions of the engine's own database, where it has one. */
export function engineJoiner(engine: OpenChannels): Joiner {
  return {
    current: () => engine.currentTransaction?.(),
    publish: (events, transaction) => engine.publish(events, transaction),
    async close() {},
  };
}

/** Publishes right after the commit: for an engine that ends with the process anyway. */
export function afterCommitJoiner(
  engine: OpenChannels,
  current: () => Session<unknown> | undefined,
  onError: (error: unknown) => void,
): Joiner {
  return {
    current,
    async publish(events, transaction) {
      (transaction as Session<unknown>).afterCommit(() => void engine.publish(events).catch(onError));
    },
    async close() {},
  };
}
