import { createRequire } from 'node:module';
import type pino from 'pino';
import type { Logger } from '../../base/logger.ts';
import type { ProcessSettings } from '../../base/process/process-settings.ts';
import { standardOutput } from './log-output.ts';
import { prettyStream } from './pretty-stream.ts';
import { SecretHeaders } from './secret-headers.ts';

/** How an app logs: a pino-like logger, options of pino, or `false` for silence. */
export type LoggerOption = Logger | pino.LoggerOptions | false;

/**
 * The logger of an app: lines on standard output, as the process wants them where `option` does not say otherwise. Of `headers` it shows
 * no value that `secrets` knows.
 */
export function makeLogger(
  option: LoggerOption | undefined,
  { log, logLevel }: ProcessSettings,
  secrets: SecretHeaders = new SecretHeaders(),
): Logger {
  if (option === false) return silence;
  if (isLogger(option)) return option;
  const options: pino.LoggerOptions = {
    level: log === 'silent' ? 'silent' : logLevel,
    redact,
    ...option,
    serializers: { headers: secrets.hide, ...option?.serializers },
  };
  // An app without a log starts sooner.
  const make = createRequire(import.meta.url)('pino') as typeof pino;
  if (log === 'pretty') return make(options, prettyStream());
  // Pino finds its way to a transport, and to whoever listens in on standard output.
  const isElsewhere = options.transport !== undefined || Object.hasOwn(process.stdout, 'write');
  return isElsewhere ? make(options) : make(options, standardOutput());
}

const nothing = (): void => {};
const silence: Logger & { readonly level: string; readonly child: () => Logger } = {
  level: 'silent',
  ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing, silent: nothing },
  child: () => silence,
};

// Credentials never reach a log, wherever a request's headers are logged.
const redact = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization'].flatMap((name) => [
  `req.headers["${name}"]`,
  `res.headers["${name}"]`,
]);

function isLogger(option: LoggerOption | undefined): option is Logger {
  return typeof (option as Partial<Logger> | undefined)?.error === 'function';
}
