import { invalidOption } from '../../base/error.ts';
import type { Method, Route } from '../../declare/route/route.ts';
import { type OutgoingOptions, planOutgoing } from './outgoing.ts';

/** Documents a request that the app sends, by its name. */
export type AddWebhook = (name: string, options?: OutgoingOptions) => void;

/**
 * Requests that an app sends to those who asked for them elsewhere, in its settings for example: they stand in the document as `webhooks`, and
 * are not served. FastAPI's `app.webhooks`.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * app.webhooks.post('new-order', { params: { order: Order }, description: 'Sent for each order that comes in.' });
 * ```
 */
export class Webhooks {
  readonly #routes: Route[] = [];
  readonly #changed: () => void;

  readonly get: AddWebhook = this.#verb('GET');
  readonly post: AddWebhook = this.#verb('POST');
  readonly put: AddWebhook = this.#verb('PUT');
  readonly patch: AddWebhook = this.#verb('PATCH');
  readonly delete: AddWebhook = this.#verb('DELETE');

  /** @param changed Called for each that is added. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** In the order of their declaration; the path of each is its name. */
  get routes(): readonly Route[] {
    return this.#routes;
  }

  #verb(method: Method): AddWebhook {
    return (name, options = {}) => {
      const route = planOutgoing(`webhook ${method} ${name}`, method, name, options);
      if (this.#routes.some(({ definition }) => definition.path === name && definition.method === method))
        throw invalidOption(`${route.name} is declared twice.`);
      this.#routes.push(route);
      this.#changed();
    };
  }
}
