import type { Route } from '../../declare/route.ts';
import { ResponseInvalid } from '../response-invalid.ts';

/** A handler returned something else than its declared media. */
export function notWhatItSaid(route: Route, declared: string, expected: string): ResponseInvalid {
  return new ResponseInvalid(route.name, [
    { message: `with response: ${declared} the handler must return ${expected}` },
  ]);
}
