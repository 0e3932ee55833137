import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { ChannelHost, OpenChannels } from '../../contract/engine.ts';
import {
  addMembers,
  addProcess,
  dropMembers,
  dropOwnMembers,
  dropProcess,
  dropStrayMembers,
  memberIds,
  newMembers,
  presentMembers,
  renewProcess,
  silentProcesses,
} from './statements.ts';

type SqlPresence = Pick<OpenChannels, 'enter' | 'leave' | 'beat' | 'present'> & {
  readonly leaveAll: () => Promise<void>;
};

// A process that was silent for so many times as long as it takes to be gone is forgotten.
const patience = 10;
const forgetEvery = 10;

/** Who is present: members in a table, and a row for each process that is renewed while it lives. */
export function sqlPresence(store: SqlStore, { process, presenceTimeout }: ChannelHost): SqlPresence {
  let beats = 0;
  let hasBeaten = false;

  async function forgetSilent(): Promise<void> {
    const silent = await store.run(silentProcesses, { age: presenceTimeout * patience });
    if (silent.length > 0) await store.run(dropStrayMembers, {});
  }

  return {
    async enter(members) {
      await store.run(addMembers, { rows: newMembers.json(members), process });
    },

    async leave(ids) {
      await store.run(dropMembers, { rows: memberIds.json(ids.map((id) => ({ id }))) });
    },

    async beat() {
      hasBeaten = true;
      const values = { process, timeout: presenceTimeout };
      const isKnown = (await store.run(renewProcess, values)).length > 0;
      if (!isKnown) await store.run(addProcess, values);
      if (beats++ % forgetEvery === 0) await forgetSilent();
      return isKnown;
    },

    present: (stream) => store.run(presentMembers, { stream }),

    async leaveAll() {
      if (!hasBeaten) return;
      await store.run(dropOwnMembers, { process });
      await store.run(dropProcess, { process });
    },
  };
}
