import type { IncomingMessage } from 'node:http';
import { upgradeOf } from './upgrades.ts';

/** Tells the router handshakes of web sockets from other requests, so that a GET and a socket may have one path. It costs nothing where no route asks for it. */
export const socketConstraint = {
  name: 'cortadoSocket',
  storage: () => {
    const handlers = new Map<unknown, unknown>();
    return {
      get: (value: unknown) => handlers.get(value) ?? null,
      set: (value: unknown, handler: unknown) => void handlers.set(value, handler),
      del: (value: unknown) => void handlers.delete(value),
      empty: () => handlers.clear(),
    };
  },
  validate: () => undefined,
  deriveConstraint: (raw: IncomingMessage) => (upgradeOf(raw) === undefined ? undefined : 'socket'),
} as const;
