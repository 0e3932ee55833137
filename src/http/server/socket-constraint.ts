import type { IncomingMessage } from 'node:http';
import { upgradeOf } from './upgrades.ts';

/** What a route is constrained by that only handshakes of web sockets reach: `constraints: { cortadoSocket: 'socket' }`. */
export const socketsOnly: Readonly<Record<string, string>> = { cortadoSocket: 'socket' };

/**
 * Tells the router handshakes of web sockets from other requests, so that a GET and a socket may have one path, and a handshake reaches no
 * other route, however exactly that names its path. It costs nothing where no route asks for it.
 *
 * @param areThere Whether the app has sockets of its own; asked when routes are added.
 */
export function socketConstraint(areThere: () => boolean): object {
  return {
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
    get mustMatchWhenDerived() {
      return areThere();
    },
  };
}
