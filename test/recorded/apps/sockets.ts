import { z } from 'zod';
import { cookie, dependency, HttpError, query } from '../../../src/index.ts';
import { type Chapter, optional, optionalText, text, tutorial } from './models.ts';

/** The socket applications of FastAPI's documentation (advanced/websockets), by the number of the tutorial. */
export const sockets: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.socket('/ws', async (_, socket) => {
      for await (const message of socket) await socket.send(`Message text was: ${message}`);
    });
    return app;
  },
  tutorial002: () => {
    const app = tutorial();
    // FastAPI's application closes with 1008 here, before it has accepted: uvicorn makes a 403 of it.
    const cookieOrToken = dependency(
      { session: cookie(optionalText), token: query(optionalText) },
      ({ session, token }) => {
        if (session === null && token === null) throw new HttpError(403);
        return session || token;
      },
    );
    const params = { item_id: text, q: optional(z.int()), who: cookieOrToken };
    app.socket('/items/{item_id}/ws', { params }, async ({ item_id, q, who }, socket) => {
      for await (const message of socket) {
        await socket.send(`Session cookie or query token value is: ${who}`);
        if (q !== null) await socket.send(`Query parameter q is: ${q}`);
        await socket.send(`Message text was: ${message}, for item ID: ${item_id}`);
      }
    });
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    const present = new Set<(message: string) => Promise<void>>();
    const tellAll = async (message: string): Promise<void> => {
      for (const tell of present) await tell(message);
    };
    app.socket('/ws/{client_id}', { params: { client_id: z.int() } }, async ({ client_id }, socket) => {
      const tell = async (message: string): Promise<void> => {
        await socket.send(message);
      };
      present.add(tell);
      try {
        for await (const message of socket) {
          await socket.send(`You wrote: ${message}`);
          await tellAll(`Client #${client_id} says: ${message}`);
        }
      } finally {
        present.delete(tell);
        await tellAll(`Client #${client_id} left the chat`);
      }
    });
    return app;
  },
};
