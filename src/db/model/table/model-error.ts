import { CortadoError } from '../../../base/error.ts';

/** The error of a model that is declared, or used, as none can be. */
export function modelError(message: string): CortadoError {
  return new CortadoError('CORTADO_DB_MODEL', message);
}
