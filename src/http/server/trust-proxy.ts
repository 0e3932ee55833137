import { compile } from '@fastify/proxy-addr';
import { shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { Trusts } from '../request/root-path.ts';
import type { ServerOptions } from './server-options.ts';

type TrustProxy = ServerOptions['trustProxy'];

const nobody: Trusts = () => false;

/**
 * Whom an app believes what proxies say by forwarded headers, as a function; `undefined` where it says nothing of it.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID` where an address of the list is none.
 */
export function trustsOf(option: TrustProxy, owner = 'App: server: trustProxy'): Trusts | undefined {
  if (option === undefined) return undefined;
  if (option === false) return nobody;
  if (option === true) return () => true;
  // Fastify takes one, and then believes nobody.
  if (typeof option === 'number')
    throw invalidOption(
      `${owner}: a number of hops does not tell who connects; name the proxies, ['10.0.0.0/8'] for example.`,
    );
  if (typeof option === 'function') return option as Trusts;
  const addresses = typeof option === 'string' ? option.split(',') : option;
  try {
    return compile(addresses.map((address) => address.trim()));
  } catch {
    throw invalidOption(
      `${owner} must be addresses and networks, ['10.0.0.0/8', '127.0.0.1'] for example, not ${shown(option)}.`,
    );
  }
}

/** Whom the process says that its apps believe: `*` for everybody, else addresses and networks with commas between, as for uvicorn. */
export function trustsOfProcess(forwardedAllowIps: string | undefined): Trusts | undefined {
  if (forwardedAllowIps === undefined || forwardedAllowIps.trim() === '') return undefined;
  return trustsOf(forwardedAllowIps.trim() === '*' ? true : forwardedAllowIps, '--forwarded-allow-ips');
}
