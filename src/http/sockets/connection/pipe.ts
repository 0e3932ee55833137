import { type Frame, runInFrame } from '../../../concurrency/frame.ts';
import { type Feed, type FeedEvent, type FeedItem, type Following, feed, isFeed } from '../../../declare/feed.ts';
import { walkSteps } from '../../streams/walk-steps.ts';
import { Framed, type Leaving } from '../messages/frame.ts';
import { type Connection, through } from './connection.ts';

type Map = ((event: FeedEvent<unknown>) => unknown) | undefined;

/** Sends what a source brings, beside the socket's function. What fails on the way closes the socket. */
export function pipe(connection: Connection, source: AsyncIterable<unknown>, map: Map): Promise<void> {
  const piping = isFeed(source) ? follow(connection, source, map) : walk(connection, source);
  piping.catch((error: unknown) => {
    if (connection.end === undefined) connection.fail(error);
  });
  return piping;
}

// Outside of units: else what the source writes would share the fate of a message that happens to be open.
function outside({ frame }: Connection): Frame {
  return {
    get signal() {
      return frame.signal;
    },
    get ending() {
      return frame.ending;
    },
    scope: frame.outside,
  };
}

function walk(connection: Connection, source: AsyncIterable<unknown>): Promise<void> {
  return runInFrame(outside(connection), async () => {
    const steps = walkSteps(source, 'end');
    try {
      for (let step = await steps.next(); step.done !== true && !connection.isShut; step = await steps.next())
        await connection.send(step.value, { now: true });
    } finally {
      steps.end();
    }
  });
}

function follow(connection: Connection, source: Feed<unknown>, map: Map): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // It closed before this began, and will not say so again.
  if (connection.end !== undefined) return Promise.resolve();
  let following: Following | undefined;
  let isOver = false;
  const end = (failure?: { readonly error: unknown }): void => {
    isOver = true;
    // A socket may outlive many feeds.
    connection.whenGone?.delete(gone);
    following?.close();
    if (failure === undefined) resolve();
    else reject(failure.error);
  };
  const passOn = (leaving: Leaving): boolean => {
    const sent = connection.pass(leaving, { now: true });
    if (sent === through) return true;
    sent.then(
      () => following?.resume(),
      (error: unknown) => end({ error }),
    );
    return false;
  };
  const take = (item: FeedItem<unknown>): boolean => {
    if (connection.isShut) {
      end();
      return false;
    }
    if (item.type === 'reset') {
      // Its client has to read its state anew; it does so where it connects anew.
      connection.close(1013, 'Events were missed');
      return false;
    }
    try {
      const leaving = map === undefined ? onceFor(item, connection) : written(map(item), connection);
      if (leaving === undefined) return true;
      if (!(leaving instanceof Promise)) return passOn(leaving);
      leaving.then(
        (late) => {
          if (passOn(late)) following?.resume();
        },
        (error: unknown) => end({ error }),
      );
    } catch (error) {
      end({ error });
    }
    return false;
  };
  const gone = (): void => end();
  (connection.whenGone ??= new Set()).add(gone);
  try {
    following = source[feed].follow({ take, end });
  } catch (error) {
    end({ error });
    return promise;
  }
  // A source may tell its first items before it returns.
  if (isOver) following.close();
  return promise;
}

function written(message: unknown, { prepared }: Connection): Leaving | Promise<Leaving> | undefined {
  return message === undefined ? undefined : prepared.write(message);
}

/** What is sent of an event, made once for all sockets of a route. */
function onceFor(event: FeedEvent<unknown>, { prepared }: Connection): Leaving | Promise<Leaving> {
  const { write } = prepared;
  const known = event.made.get(write) as Leaving | Promise<Leaving> | undefined;
  if (known !== undefined) return known;
  const made = prepared.write(event.data);
  const framed = made instanceof Promise ? made.then(asFrame) : asFrame(made);
  event.made.set(write, framed);
  return framed;
}

function asFrame(leaving: Leaving): Leaving {
  return leaving instanceof Framed ? leaving : new Framed(leaving);
}
