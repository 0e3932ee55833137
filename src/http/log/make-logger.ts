import pino from 'pino';
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
  if (option === false) return pino({ level: 'silent' });
  if (isLogger(option)) return option;
  const options: pino.LoggerOptions = {
    level: log === 'silent' ? 'silent' : logLevel,
    redact,
    ...option,
    serializers: { headers: secrets.hide, ...option?.serializers },
  };
  if (log === 'pretty') return pino(options, prettyStream());
  // Pino finds its way to a transport, and to whoever listens in on standard output.
  const isElsewhere = options.transport !== undefined || Object.hasOwn(process.stdout, 'write');
  return isElsewhere ? pino(options) : pino(options, standardOutput());
}

// Credentials never reach a log, wherever a request's headers are logged.
const redact = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization'].flatMap((name) => [
  `req.headers["${name}"]`,
  `res.headers["${name}"]`,
]);

function isLogger(option: LoggerOption | undefined): option is Logger {
  return typeof (option as Partial<Logger> | undefined)?.error === 'function';
}
