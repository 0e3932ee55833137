import { runInFrame } from '../../../concurrency/frame.ts';
import { ValidationError } from '../../../inject/validation-error.ts';
import { beginSegment, endSegment } from '../../../loop/measure/segment.ts';
import type { Issue } from '../../../schema/issues/issue.ts';
import { closeReasonOf } from '../messages/close-reason.ts';
import { type Arrived, NotTaken } from '../messages/read-message.ts';
import { isRefusal, refusalText } from '../messages/refusal-text.ts';
import type { Inbox } from './inbox.ts';
import type { MessageUnit } from './message-unit.ts';
import type { PreparedSocket } from './prepared-socket.ts';
import type { SocketSender } from './sender.ts';
import type { SocketFrame } from './socket-frame.ts';

/** What of a connection the next message is taken from, and told to. */
export interface Taking {
  readonly prepared: PreparedSocket;
  readonly frame: SocketFrame;
  readonly inbox: Inbox;
  readonly unit: MessageUnit;
  readonly sender: SocketSender;
  /** Whether it takes no more messages. */
  readonly isClosing: boolean;
  /** What a loop waits for that closes, reads or opens something. */
  pending: Promise<unknown> | undefined;
  close(code: number, reason: string): void;
}

/** What a loop gets. */
export type TakenMessage = IteratorResult<unknown>;

/** Stands for a message that was refused, and its client told. */
const refused: unique symbol = Symbol('refused');

/** What was made of a message. */
type Delivered = TakenMessage | typeof refused | Promise<TakenMessage | typeof refused>;

const over: IteratorReturnResult<undefined> = { done: true, value: undefined };

// Characters or bytes: what is read in no time.
const quick = 4096;

/**
 * The next message that is as declared, with what it has opened. No promise is kept for each of those that are refused: a client may send
 * nothing else for as long as it likes, and the loop waits for one.
 */
export function takeNext(taking: Taking): Promise<TakenMessage> {
  for (;;) {
    const taken = takeWaiting(taking);
    if (taken === undefined) return arrivalOf(taking);
    if (taken instanceof Promise) return goOn(taking, taken);
    if (taken !== refused) return Promise.resolve(taken);
  }
}

/** What is made of the next message that has come; `undefined` where none has. */
function takeWaiting(taking: Taking): Delivered | undefined {
  if (taking.isClosing) return over;
  const arrived = taking.inbox.take();
  return arrived === undefined ? undefined : deliver(taking, arrived);
}

function arrivalOf(taking: Taking): Promise<TakenMessage> {
  return new Promise((resolve, reject) => {
    const take = (late: Arrived | undefined): void => {
      try {
        const delivered = deliverLate(taking, late);
        if (delivered === refused) taking.inbox.ask(take);
        else resolve(delivered instanceof Promise ? goOn(taking, delivered) : delivered);
      } catch (error) {
        reject(error);
      }
    };
    taking.inbox.ask(take);
  });
}

function goOn(taking: Taking, first: Promise<TakenMessage | typeof refused>): Promise<TakenMessage> {
  const going = untilTaken(taking, first);
  taking.pending = going;
  return going;
}

async function untilTaken(taking: Taking, first: Promise<TakenMessage | typeof refused>): Promise<TakenMessage> {
  try {
    let taken = await first;
    while (taken === refused) taken = await (takeWaiting(taking) ?? arrivalOf(taking));
    return taken;
  } finally {
    taking.pending = undefined;
  }
}

// It comes out of the connection, which knows nothing of the frame that code of the app runs in.
function deliverLate(taking: Taking, arrived: Arrived | undefined): Delivered {
  if (arrived === undefined) return over;
  const isQuick = arrived.length < quick && taking.prepared.reader.isPlain();
  return isQuick ? read(taking, arrived) : runInFrame(taking.frame, () => deliver(taking, arrived));
}

function deliver(taking: Taking, arrived: Arrived): Delivered {
  if (taking.isClosing) return over;
  const began = beginSegment();
  const delivered = read(taking, arrived);
  endSegment(began, 'input');
  return delivered;
}

function read(taking: Taking, arrived: Arrived): Delivered {
  const issues: Issue[] = [];
  const value = taking.prepared.reader.read(arrived, issues);
  if (!(value instanceof Promise)) return begin(taking, value, issues);
  // Nothing begins any more where it was closed meanwhile.
  return value.then((late) => (taking.isClosing ? over : begin(taking, late, issues)));
}

function begin(taking: Taking, message: unknown, issues: Issue[]): Delivered {
  const { prepared, unit, frame } = taking;
  if (message instanceof NotTaken) {
    prepared.account.invalid++;
    taking.close(message.code, message.reason);
    return over;
  }
  if (issues.length > 0) return refuse(taking, new ValidationError(prepared.route.name, issues));
  unit.begin(message);
  if (!prepared.hasUnits) return { done: false, value: message };
  return runInFrame(frame, () => openUnit(taking, message));
}

async function openUnit(taking: Taking, message: unknown): Promise<TakenMessage | typeof refused> {
  const { each } = taking.prepared.route;
  const { unit } = taking.frame;
  try {
    if (each.guards.length > 0) await unit.run(each.guards);
    if (each.calls.length > 0) await unit.run(each.calls);
  } catch (error) {
    await taking.unit.close({ failed: true, error });
    if (isRefusal(error)) return refuse(taking, error);
    throw error;
  }
  unit.phase = 'message';
  return { done: false, value: { ...unit.arguments(each.bindings), message } };
}

/** Tells the client what is wrong with a message; the loop goes on to the next one. */
function refuse(taking: Taking, error: unknown): Delivered {
  const { prepared, sender } = taking;
  prepared.account.invalid++;
  if (prepared.closeOnInvalid && error instanceof ValidationError) {
    taking.close(1007, closeReasonOf(error).reason);
    return over;
  }
  const sent = sender.send(refusalText(error, prepared.errorFormat));
  return sent === undefined ? refused : sent.then(() => refused);
}
