import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findCommand, needDebian } from './debian.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A RabbitMQ server of a test's own. */
export interface RabbitServer extends AsyncDisposable {
  readonly url: string;
  /** Kills it as a power cut would (SIGKILL), and starts it again on the same port and data. */
  readonly restart: () => Promise<void>;
  /** Runs a command of `rabbitmqctl`. */
  readonly control: (...args: readonly string[]) => Promise<void>;
}

// Not the wrapper on the PATH, which would change the user and forget the environment.
const command = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const control = '/usr/lib/rabbitmq/bin/rabbitmqctl';

/** Why there is no RabbitMQ for tests, or `undefined`. Installs it where that may be done. */
export function rabbitMissing(): string | undefined {
  return needDebian(['rabbitmq-server'], () => existsSync(command));
}

/** Starts a RabbitMQ server and the port mapper that it needs, all on loopback. */
export async function startRabbit(): Promise<RabbitServer> {
  const folder = temporaryFolder('rabbit');
  const [port, distribution, mapper] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, 'plugins'), '[].\n');
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `test${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 1:1',
  };
  const epmd = startProgram(findCommand('epmd')!, ['-port', String(mapper), '-address', '127.0.0.1'], {});
  const start = async (): Promise<{ stop: () => Promise<void> }> => {
    const program = startProgram(command, [], { env });
    await program.until(/completed with \d+ plugins/, 60_000);
    const pid = Number(readFileSync(env.RABBITMQ_PID_FILE, 'utf8'));
    return {
      async stop() {
        process.kill(pid, 'SIGKILL');
        await program.ended;
      },
    };
  };
  let server = await start();
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}/`,
    async restart() {
      await server.stop();
      server = await start();
    },
    async control(...args) {
      const program = startProgram(control, args, { env });
      const end = await program.ended;
      if (end !== 0) throw new Error(`rabbitmqctl ${args.join(' ')} ended with ${end}:\n${program.output()}`);
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await epmd[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
