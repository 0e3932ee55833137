import { invalidOption } from '../../base/error.ts';

/**
 * Refuses headers that say where the answer ends, and are wrong: the client would take what follows for something else.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID`.
 */
export function checkFraming(name: string, value: unknown): void {
  const key = name.toLowerCase();
  if (key === 'transfer-encoding')
    throw invalidOption(
      "ctx.setHeader('transfer-encoding', …): HTTP frames the answer by itself. Return a stream; say how it is packed with 'content-encoding'.",
    );
  if (key === 'content-length' && !/^\d+$/.test(String(value)))
    throw invalidOption(
      `ctx.setHeader('content-length', …): expected a number of bytes, not ${JSON.stringify(value)}.`,
    );
}

/**
 * Refuses the headers by which HTTP frames an answer: of one that is made already, nothing else knows its length.
 *
 * @param key In lower case.
 * @throws CortadoError `CORTADO_OPTION_INVALID`.
 */
export function refuseFraming(owner: string, key: string): void {
  if (key === 'content-length' || key === 'transfer-encoding')
    throw invalidOption(
      `${owner}('${key}', …): HTTP frames the answer by itself. Return a Response, which puts another body in its place.`,
    );
}
