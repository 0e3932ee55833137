import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { runOutsideFrames } from '../../../concurrency/frame.ts';
import { type Closing, success } from '../../../inject/close.ts';
import { Scope } from '../../../inject/scope.ts';
import { ValidationError } from '../../../inject/validation-error.ts';
import { logSocket, noteSocket } from '../../log/access-log.ts';
import type { FieldsReader } from '../../read/read-fields.ts';
import { becomeSocket, endSocketContext, expiryOf, takeDeferred } from '../../request/context.ts';
import { KeptRequest } from '../../request/kept-request.ts';
import { logThrown } from '../../request/log-thrown.ts';
import type { ScopeCounter } from '../../request/open-requests.ts';
import { RequestAborted } from '../../request/request-aborted.ts';
import { startDeferred } from '../../road/deferred.ts';
import { noAnswer, type Passage, type PreparedRoute, type Stage } from '../../road/passage.ts';
import { readFields, readForGuards, refuseInvalid, runGuards } from '../../road/stages.ts';
import { takeUpgrade, upgradeOf } from '../../server/upgrades.ts';
import type { SocketAccount } from '../connection/account.ts';
import { Connection } from '../connection/connection.ts';
import type { Heartbeat } from '../connection/heartbeat.ts';
import { OpenSocket } from '../connection/open-socket.ts';
import type { PreparedSocket } from '../connection/prepared-socket.ts';
import { closeReasonOf } from '../messages/close-reason.ts';
import { acceptSocket, checkByServer } from './accept.ts';
import { checkHandshake, HandshakeRefused } from './check-handshake.ts';
import type { Clients, ConnectedClient } from './clients.ts';

/** What the sockets of an app share. */
export interface SocketHost {
  readonly heartbeat: Heartbeat;
  readonly clients: Clients;
  /** The connections whose handshakes are not answered yet. */
  readonly handshakes: Set<Socket>;
  /** Whether each is logged at its end. */
  readonly isLogged: () => boolean;
  readonly isStopping: () => boolean;
}

/** The road of a handshake: that of a request up to its handler; then it is accepted, and the socket goes its own way. */
export function stagesOfHandshake(
  prepared: PreparedRoute,
  socket: PreparedSocket,
  host: SocketHost,
  readEach: FieldsReader | undefined,
): readonly Stage[] {
  const { settings } = socket.route.definition.socket;
  const stages: readonly Stage[] = [
    (passage) => {
      const { request } = passage;
      noteHandshake(passage, host);
      checkHandshake(request, settings.origins);
      checkByServer(socket.checker(), passage, upgradeOf(request.raw)!);
      host.clients.checkAll(socket);
    },
    ...(prepared.readEarly ? [readForGuards] : []),
    ...(socket.route.plan.guards.length > 0 ? [runGuards] : []),
    ...(prepared.readEarly ? [refuseInvalid] : []),
    ...(prepared.readRest ? [readFields] : []),
    (passage) => readValues(passage, socket, readEach),
    (passage, values) => open(passage, values as unknown[], socket, host),
  ];
  return settings.refuseByClose === true ? [(passage) => walkOrClose(passage, stages, socket)] : stages;
}

/** Walks the stages; what one of them throws closes the socket that was refused, since its client sees nothing of an answer. */
async function walkOrClose(passage: Passage, stages: readonly Stage[], socket: PreparedSocket): Promise<unknown> {
  let made: unknown;
  try {
    for (const stage of stages) made = await stage(passage, made);
    return made;
  } catch (error) {
    const upgrade = upgradeOf(passage.request.raw)!;
    const isMissing = error instanceof HandshakeRefused && error.refusal === 'handshake';
    if (isMissing || passage.state !== 'open' || upgrade.socket.destroyed) throw error;
    await closeWhole(passage.scope, { failed: true, error });
    const { code, reason, isUnexpected } = closeReasonOf(error);
    const { context, prepared } = passage;
    // It is for what went well.
    takeDeferred(context);
    if (isUnexpected) logThrown(context.log, error, { route: prepared.route.name }, 'the handshake failed');
    else prepared.refusals.noteError(error, prepared.route.name);
    const ws = acceptSocket(socket.server(), passage, upgrade);
    socket.account.refuse(String(code));
    prepared.counter.scopes++;
    ws.on('error', () => {});
    ws.once('close', () => prepared.counter.end('scopes'));
    endRequest(passage);
    ws.close(code, reason);
    return noAnswer;
  }
}

// For all that waits for the end of its answer: hooks, logs and figures. What follows is no request any more.
function endRequest({ request, reply: { raw } }: Passage): void {
  noteSocket(request.raw);
  raw.end();
  raw.emit('finish');
  raw.emit('close');
}

// Node knows nothing of connections that are asked to become another protocol's.
function noteHandshake({ request, reply }: Passage, { handshakes }: SocketHost): void {
  const { socket } = upgradeOf(request.raw)!;
  handshakes.add(socket);
  reply.raw.once('close', () => handshakes.delete(socket));
}

/** Counts a handshake where its answer is none that opens a socket, whoever gives it. */
export function countRefusal(raw: ServerResponse, account: SocketAccount): void {
  raw.once('finish', () => {
    if (raw.statusCode !== 101) account.refuse(String(raw.statusCode));
  });
}

/** The values that each message begins with: what it reads of the handshake. All that is wrong is told at once. */
function readValues(
  { request, context, issues }: Passage,
  { route }: PreparedSocket,
  readEach: FieldsReader | undefined,
): unknown[] | Promise<unknown[]> {
  const values = new Array<unknown>(route.each.slots);
  const check = (): unknown[] => {
    if (issues.length > 0) throw new ValidationError(route.name, issues);
    return values;
  };
  const waiting = readEach?.(request, context, values, issues);
  return waiting === undefined ? check() : waiting.then(check);
}

async function open(passage: Passage, values: unknown[], socket: PreparedSocket, host: SocketHost): Promise<unknown> {
  const { prepared, context, scope } = passage;
  const { route } = socket;
  const { plan, carried } = route;
  // Before anything is committed: a handshake that is refused has done nothing.
  const client = host.clients.enter(socket, scope.values, context);
  // What guards opened is over before the socket opens; what the function asks for stays as long as it.
  const lasting = plan.calls.length === 0 ? undefined : new Scope(prepared.container, plan, context, scope.values);
  try {
    const opened = await lastingValues(passage, lasting, socket);
    if (opened.failed) throw opened.error;
    try {
      for (const [from, to] of carried) values[to] = scope.values[from];
      const { raw } = passage.request;
      const upgrade = upgradeOf(raw)!;
      const ws = acceptSocket(socket.server(), passage, upgrade);
      takeUpgrade(raw);
      host.heartbeat.look();
      const connection = new Connection({ ws, raw: upgrade.socket, prepared: socket, context, lasting, values });
      const path = host.isLogged() ? passage.request.originalUrl.split('?', 1)[0]! : '';
      endRequest(passage);
      // The handshake is answered, however soon the socket is over.
      startDeferred(passage);
      becomeSocket(context, new KeptRequest(raw) as unknown as IncomingMessage);
      const life = { connection, given: scope.arguments(plan.bindings), host, client, counter: prepared.counter, path };
      // What follows belongs to the connection, and would hold on to the scope of its handshake.
      runOutsideFrames(() => live(life));
    } catch (error) {
      if (lasting !== undefined) await closeWhole(lasting, { failed: true, error });
      throw error;
    }
  } catch (error) {
    client.leave();
    throw error;
  }
  return noAnswer;
}

/** Opens what the function asks for, and ends what the handshake has opened beside it: its writes are committed now. */
async function lastingValues(
  passage: Passage,
  lasting: Scope | undefined,
  { route }: PreparedSocket,
): Promise<Closing> {
  const { scope } = passage;
  let outcome: Closing = success;
  try {
    if (lasting !== undefined) await lasting.run(route.plan.calls);
    const late = whyLate(passage);
    outcome = await scope.close(late === undefined ? success : { failed: true, error: late });
    const later = whyLate(passage);
    if (!outcome.failed && later !== undefined) outcome = { failed: true, error: later };
  } catch (error) {
    outcome = { failed: true, error };
  }
  return outcome.failed && lasting !== undefined ? closeWhole(lasting, outcome) : outcome;
}

// Nothing is sent that some of it could wait for.
async function closeWhole(scope: Scope, outcome: Closing): Promise<Closing> {
  return scope.closeAfterSend(await scope.close(outcome));
}

// Nobody waits for it any more: what it wrote must not be committed.
function whyLate({ context, request }: Passage): Error | undefined {
  const isGone = upgradeOf(request.raw)!.socket.destroyed;
  return expiryOf(context) ?? (isGone ? new RequestAborted('client-gone') : undefined);
}

interface Life {
  readonly connection: Connection;
  readonly given: object;
  readonly host: SocketHost;
  readonly client: ConnectedClient;
  readonly counter: ScopeCounter;
  readonly path: string;
}

/** The life of a socket, which holds nothing of the road that its handshake came by. */
function live({ connection, given, host, client, counter, path }: Life): void {
  const { prepared, context } = connection;
  const began = performance.now();
  counter.scopes++;
  host.heartbeat.add(connection);
  // Its handshake may have taken until the stop had begun.
  if (host.isStopping()) connection.leave();
  const handler = prepared.route.definition.handler as (...all: readonly unknown[]) => unknown;
  const run = (): unknown => handler(given, new OpenSocket(connection), context);
  const done = (): void => {
    host.heartbeat.delete(connection);
    client.leave();
    endSocketContext(context);
    const { received, sender, end } = connection;
    const ms = Math.round((performance.now() - began) * 10) / 10;
    if (host.isLogged()) logSocket(context.log, { path, code: end?.code ?? 1006, ms, received, sent: sender.sent });
    counter.end('scopes');
  };
  // The road of the handshake ends first: what a function that returns at once gives up must not undo what guards have done.
  process.nextTick(() => connection.serve(run, done));
}
