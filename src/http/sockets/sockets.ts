import type { IncomingMessage } from 'node:http';
import type { WebSocketServer } from 'ws';
import { CortadoError } from '../../base/error.ts';
import type { SocketDefinition, SocketRoute } from '../../declare/socket/socket.ts';
import type { Gauge } from '../../inject/component.ts';
import type { FastPaths } from '../fast/fast-paths.ts';
import { readSmallMessages, smallMessages, versionOfWs } from '../fast/small-messages.ts';
import { fieldsReader } from '../read/read-fields.ts';
import type { RequestAborted } from '../request/request-aborted.ts';
import { pathOfTarget } from '../request/root-path.ts';
import type { PreparedRoute, RouteEnvironment } from '../road/passage.ts';
import { prepareStages } from '../road/prepared-route.ts';
import type { InputRules } from '../routes/plan-route.ts';
import { asksForWebSocket } from '../server/upgrades.ts';
import { SocketAccount, socketGauges } from './connection/account.ts';
import type { Connection } from './connection/connection.ts';
import { Heartbeat } from './connection/heartbeat.ts';
import { type PreparedSocket, prepareSocket } from './connection/prepared-socket.ts';
import { Clients } from './handshake/clients.ts';
import { type SocketHost, stagesOfHandshake } from './handshake/serve-socket.ts';
import { planSocket } from './plan/plan-socket.ts';

// Milliseconds for the good-bye of those that a stop has not waited for.
const lastWords = 200;

/** One socket, as handshakes find it; planned anew where a dependency is overridden. */
export interface SocketHolder {
  readonly route: SocketRoute;
  readonly prepared: PreparedRoute;
  readonly account: SocketAccount;
}

interface Entry {
  route: SocketRoute;
  prepared: PreparedRoute;
  socket: PreparedSocket;
  readonly account: SocketAccount;
  server: WebSocketServer | undefined;
  checker: WebSocketServer | undefined;
}

/** The sockets of an app. */
export class Sockets {
  readonly #environment: RouteEnvironment;
  readonly #rules: () => InputRules;
  readonly #rootPath: string;
  readonly #fast: FastPaths;
  readonly #entries: Entry[] = [];
  readonly #forms = new Set<string>();
  readonly #heartbeat = new Heartbeat();
  readonly #host: SocketHost;
  #isLogged = false;
  #readSmall: typeof readSmallMessages | undefined;

  /** @param rootPath What a proxy may have left in front of paths. */
  constructor(environment: RouteEnvironment, rules: () => InputRules, rootPath: string, fast: FastPaths) {
    this.#environment = environment;
    this.#rules = rules;
    this.#rootPath = rootPath;
    this.#fast = fast;
    this.#host = {
      heartbeat: this.#heartbeat,
      clients: new Clients(environment.refusals),
      handshakes: new Set(),
      isLogged: () => this.#isLogged,
      isStopping: () => environment.requests.isStopping,
    };
    // For good: it holds for every start.
    environment.signals.ends.add({ abort: (reason) => this.#cut(reason as RequestAborted) });
  }

  get holders(): readonly SocketHolder[] {
    return this.#entries;
  }

  get routes(): readonly SocketRoute[] {
    return this.#entries.map(({ route }) => route);
  }

  get areThere(): boolean {
    return this.#entries.length > 0;
  }

  /**
   * @returns The socket, planned.
   * @throws CortadoError where it does not fit, or another one has its path.
   */
  add(definition: SocketDefinition): SocketRoute {
    const route = planSocket(definition, this.#environment.container, this.#rules());
    if (this.#forms.has(route.template.form))
      throw new CortadoError('CORTADO_ROUTE_DUPLICATE', `${route.name}: there is a socket of this path already.`);
    this.#forms.add(route.template.form);
    const entry = {
      account: new SocketAccount(definition.path),
      server: undefined,
      checker: undefined,
    } as unknown as Entry;
    this.#prepare(entry, route);
    this.#entries.push(entry);
    return route;
  }

  /** Plans all anew, as another dependency stands in a dependency's place. */
  planAgain(): void {
    for (const entry of this.#entries)
      this.#prepare(entry, planSocket(entry.route.definition, this.#environment.container, this.#rules()));
  }

  /** Loads what speaks the protocol; an app without sockets does not. */
  async start(isLogged: boolean): Promise<void> {
    this.#isLogged = isLogged;
    if (this.#entries.length === 0) return;
    this.#environment.signals.addStop({ abort: () => this.#tellAll((one) => one.leave()) });
    // The types of ws do not know it.
    const { WebSocketServer, Receiver } = (await import('ws')) as typeof import('ws') & {
      readonly Receiver: new (options: object) => object;
    };
    const isFast = this.#fast.fits(smallMessages, new Receiver({ isServer: true }), versionOfWs());
    this.#readSmall = isFast ? readSmallMessages : undefined;
    for (const entry of this.#entries) {
      const { subprotocols = [], perMessageDeflate = false } = entry.route.definition.socket.settings;
      const { maxMessage, pingTimeout } = entry.socket.limits;
      entry.server = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        maxPayload: maxMessage,
        perMessageDeflate,
        // For the client's own good-bye.
        closeTimeout: pingTimeout,
        // Of what the client offers only what was declared is agreed on: a credential among it is not sent back.
        handleProtocols: (offered) => subprotocols.find((one) => offered.has(one)) ?? false,
      } as ConstructorParameters<typeof WebSocketServer>[0]);
      // It waits for an answer that nobody gives.
      entry.checker = new WebSocketServer({ noServer: true, perMessageDeflate, verifyClient: (_info, _answer) => {} });
    }
  }

  /** Whether a path is that of a socket. */
  has(path: string): boolean {
    return this.#entries.some(({ route }) => route.template.matches(path));
  }

  /** Whether a request is to become a web socket. */
  wantsUpgrade(raw: IncomingMessage, target: string = pathOfTarget(raw.url ?? '/')): boolean {
    if (!asksForWebSocket(raw)) return false;
    const path = decode(target.split('?', 1)[0]!);
    return this.has(path) || (path.startsWith(`${this.#rootPath}/`) && this.has(path.slice(this.#rootPath.length)));
  }

  gauges(): Gauge[] {
    const waiting = new Map<SocketAccount, number>();
    for (const { prepared, sender } of this.#heartbeat.connections)
      waiting.set(prepared.account, (waiting.get(prepared.account) ?? 0) + sender.waiting);
    return socketGauges(
      this.#entries.map(({ account }) => account),
      waiting,
    );
  }

  #cut(reason: RequestAborted): void {
    const all = [...this.#heartbeat.connections];
    for (const one of all) one.cut(reason);
    setTimeout(() => {
      for (const one of all) one.drop();
    }, lastWords).unref();
  }

  /** The stop has waited long enough: handshakes that are still not answered never will be. */
  hangUp(): void {
    for (const socket of this.#host.handshakes) socket.destroy();
  }

  #tellAll(tell: (connection: Connection) => void): void {
    for (const connection of this.#heartbeat.connections) tell(connection);
  }

  #prepare(entry: Entry, route: SocketRoute): void {
    const { account } = entry;
    const socket = prepareSocket(route, this.#environment, {
      account,
      clock: this.#heartbeat,
      server: () => entry.server!,
      checker: () => entry.checker!,
      readSmall: () => this.#readSmall,
    });
    const { fields } = route.each;
    const readEach = fields.length === 0 ? undefined : fieldsReader(fields, route.template.wildcard);
    const { timeout } = route.definition.settings;
    entry.route = route;
    entry.socket = socket;
    entry.prepared = prepareStages(route, this.#environment, timeout, (prepared) =>
      stagesOfHandshake(prepared, socket, this.#host, readEach),
    );
  }
}

// As the router does; an encoded slash is none.
function decode(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
