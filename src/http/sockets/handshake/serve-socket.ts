import type { ServerResponse } from 'node:http';
import type { Abortable } from '../../../concurrency/ending.ts';
import { type Closing, success } from '../../../inject/close.ts';
import { Scope } from '../../../inject/scope.ts';
import { ValidationError } from '../../../inject/validation-error.ts';
import { noteSocketCounts } from '../../log/socket-counts.ts';
import type { FieldsReader } from '../../read/read-fields.ts';
import { expiryOf } from '../../request/context.ts';
import { logThrown } from '../../request/log-thrown.ts';
import { noAnswer, type Passage, type PreparedRoute, type Stage } from '../../road/passage.ts';
import { readFields, readForGuards, refuseInvalid, runGuards } from '../../road/stages.ts';
import { upgradeOf } from '../../server/upgrades.ts';
import { Connection } from '../connection/connection.ts';
import type { Heartbeat } from '../connection/heartbeat.ts';
import { OpenSocket } from '../connection/open-socket.ts';
import type { PreparedSocket } from '../connection/prepared-socket.ts';
import { closeReasonOf } from '../messages/close-reason.ts';
import { acceptSocket } from './accept.ts';
import { checkHandshake, HandshakeRefused } from './check-handshake.ts';
import type { Clients } from './clients.ts';

/** What the sockets of an app share. */
export interface SocketHost {
  readonly heartbeat: Heartbeat;
  readonly clients: Clients;
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
    ({ request, reply }) => {
      countRefusal(reply.raw, socket);
      checkHandshake(request, settings.origins);
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
    await passage.scope.close({ failed: true, error });
    const { code, reason, isUnexpected } = closeReasonOf(error);
    const { context, prepared, reply } = passage;
    if (isUnexpected) logThrown(context.log, error, { route: prepared.route.name }, 'the handshake failed');
    else prepared.refusals.noteError(error, prepared.route.name);
    const ws = acceptSocket(socket.server(), passage, upgrade);
    socket.account.refuse(String(code));
    prepared.counter.scopes++;
    ws.on('error', () => {});
    ws.once('close', () => {
      noteSocketCounts(passage.request.raw, { received: 0, sent: 0, code });
      endRaw(reply.raw);
      prepared.counter.end('scopes');
    });
    ws.close(code, reason);
    return noAnswer;
  }
}

// For all that waits for the end of its answer.
function endRaw(raw: ServerResponse): void {
  raw.end();
  raw.emit('finish');
  raw.emit('close');
}

function countRefusal(raw: ServerResponse, { account }: PreparedSocket): void {
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
  // What guards opened is over before the socket opens; what the function asks for stays as long as it.
  const lasting = new Scope(prepared.container, plan, context, scope.values);
  const opened = await lastingValues(passage, lasting, socket);
  if (opened.failed) throw opened.error;
  try {
    for (const [from, to] of carried) values[to] = scope.values[from];
    const client = host.clients.enter(socket, scope.values, context);
    try {
      const upgrade = upgradeOf(passage.request.raw)!;
      const ws = acceptSocket(socket.server(), passage, upgrade);
      host.heartbeat.look();
      const connection = new Connection({ ws, raw: upgrade.socket, prepared: socket, context, lasting, values });
      const given = scope.arguments(plan.bindings);
      void live(connection, passage, given, host).finally(() => client?.leave());
    } catch (error) {
      client?.leave();
      throw error;
    }
  } catch (error) {
    await lasting.close({ failed: true, error });
    throw error;
  }
  return noAnswer;
}

/** Opens what the function asks for, and ends what the handshake has opened beside it: its writes are committed now. */
async function lastingValues({ scope, context }: Passage, lasting: Scope, { route }: PreparedSocket): Promise<Closing> {
  let outcome: Closing = success;
  try {
    if (route.plan.calls.length > 0) await lasting.run(route.plan.calls);
    outcome = await scope.close(success);
    const expiry = expiryOf(context);
    if (!outcome.failed && expiry !== undefined) outcome = { failed: true, error: expiry };
  } catch (error) {
    outcome = { failed: true, error };
  }
  return outcome.failed ? lasting.close(outcome) : outcome;
}

/** The life of a socket, which holds nothing of the road that its handshake came by. */
function live(
  connection: Connection,
  { context, reply: { raw }, request, prepared: { counter, signals } }: Passage,
  given: object,
  { heartbeat }: SocketHost,
): Promise<void> {
  const { prepared } = connection;
  const stop: Abortable = { abort: () => connection.leave() };
  const cut: Abortable = { abort: (reason) => connection.cut(reason as never) };
  counter.scopes++;
  prepared.account.open++;
  heartbeat.add(connection);
  signals.addStop(stop);
  signals.ends.add(cut);
  const { handler } = prepared.route.definition;
  const run = (): unknown =>
    (handler as (...all: readonly unknown[]) => unknown)(given, new OpenSocket(connection), context);
  return connection.serve(run).finally(() => {
    signals.delete(stop);
    signals.delete(cut);
    heartbeat.delete(connection);
    prepared.account.open--;
    const { received, sender, end } = connection;
    noteSocketCounts(request.raw, { received, sent: sender.sent, code: end?.code ?? 1006 });
    endRaw(raw);
    counter.end('scopes');
  });
}
