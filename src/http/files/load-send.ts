import { createRequire } from 'node:module';
import type send from '@fastify/send';

let loaded: typeof send | undefined;

/** The package that finds files, loaded where there is one to be found: an app without files starts sooner. */
export function loadSend(): typeof send {
  loaded ??= createRequire(import.meta.url)('@fastify/send') as typeof send;
  return loaded;
}
