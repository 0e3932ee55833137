import { CortadoError } from '../base/error.ts';

/** Loads `undici`, which only apps that send requests need. */
export async function loadUndici(): Promise<typeof import('undici')> {
  try {
    return await import('undici');
  } catch (cause) {
    throw new CortadoError('CORTADO_UPSTREAM_URL', 'httpClient() needs its driver: npm install undici', { cause });
  }
}
