import type { Addresses } from './addresses.ts';
import type { Signals } from './signals.ts';

/** What a request finds of the app that it came to. */
export interface Surroundings {
  readonly signals: Signals;
  readonly addresses: Addresses;
}
