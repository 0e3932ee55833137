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
