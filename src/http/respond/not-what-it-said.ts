import type { Route } from '../../declare/route/route.ts';
import { ResponseInvalid } from '../../schema/checked-value.ts';

/** A handler returned something else than its declared media. */
export function notWhatItSaid(route: Route, declared: string, expected: string): ResponseInvalid {
  return new ResponseInvalid(route.name, [
    { message: `with response: ${declared} the handler must return ${expected}` },
  ]);
}
