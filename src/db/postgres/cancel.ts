import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { PoolClient } from 'pg';
import { settledBy } from '../../concurrency/settled-by.ts';
import { loadDriver } from './load-driver.ts';

/** `pg`'s own parts that know how a server is asked to cancel. */
interface Cancelling {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: EventEmitter & {
    readonly ssl: unknown;
    readonly stream: Socket;
    connect(port: number | string, host?: string): void;
    cancel(processId: number, secretKey: number): void;
  };
}

/**
 * Asks the server to end what runs on a connection, and resolves once it has heard of that or cannot be asked. It is asked with the key that
 * the connection got: that reaches the statement through a pooler too, where the number of the process is the pooler's invention.
 */
export async function cancelStatement(client: PoolClient, url: string, timeout: number): Promise<void> {
  const { default: pg } = await loadDriver();
  const { processID, secretKey, connection: busy } = client as unknown as Cancelling;
  // Never connected as a client: the request stands in the place of a login.
  const { host, port, connection } = new pg.Client({ connectionString: url }) as unknown as Cancelling;
  connection.once(connection.ssl ? 'sslconnect' : 'connect', () => connection.cancel(processID, secretKey));
  connection.on('error', () => connection.stream.destroy());
  // The server closes it when the request has been passed on.
  const ended = new Promise<void>((resolve) => connection.once('end', resolve));
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  // A name may stand for several poolers, and only one of them knows the key. A certificate is for the name.
  else connection.connect(port, connection.ssl ? host : (busy.stream.remoteAddress ?? host));
  if (!(await settledBy(ended, timeout))) connection.stream.destroy();
  await ended;
}
