import { listedScopes } from '../../declare/listed-scopes.ts';
import type { Route } from '../../declare/route/route.ts';
import { alternativesOf, type Security, type SecurityScheme } from '../../declare/security.ts';

/** One way to be let in: the scopes of each scheme that it takes, by name; all of them together. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/** The security schemes of a document, by name; a second one of a name that is not the same gets a number. */
export class SecuritySchemes {
  readonly #schemes = new Map<string, SecurityScheme>();
  readonly #of: 'routes' | 'sockets';

  /** @param of What the document tells of: some credentials are for sockets alone. */
  constructor(of: 'routes' | 'sockets' = 'routes') {
    this.#of = of;
  }

  /**
   * The ways into a route, `undefined` where it reads no credential: all that it demands, of alternatives each, and besides each that it can
   * do without.
   */
  requirementsOf({ plan, definition }: Route): readonly SecurityRequirement[] | undefined {
    const all = plan.security.map((one) => this.#known(one)).filter((one) => one !== undefined);
    if (all.length === 0) return undefined;
    const { scopes = [] } = definition.settings;
    const takesScopes = all.flatMap(alternativesOf).some(({ scheme }) => isOAuth(scheme));
    const entry = (security: Security): SecurityRequirement => ({
      [this.#nameOf(security)]: takesScopes ? scopesFor(security.scheme, scopes) : scopes,
    });
    const entriesOf = (security: Security): readonly SecurityRequirement[] => alternativesOf(security).map(entry);
    const ways = all
      .filter(isDemanded)
      .map(entriesOf)
      .reduce((before, entries) => before.flatMap((way) => entries.map((one) => ({ ...way, ...one }))), [{}]);
    const besides = all.filter((security) => !isDemanded(security)).flatMap(entriesOf);
    return [...besides.flatMap((one) => ways.map((way) => ({ ...way, ...one }))), ...ways];
  }

  finish(): Readonly<Record<string, SecurityScheme>> | undefined {
    return this.#schemes.size === 0 ? undefined : Object.fromEntries(this.#schemes);
  }

  /** What is left of a credential once those are out that the document has no place for. */
  #known(security: Security): Security | undefined {
    const [first, ...others] = alternativesOf(security).filter(
      ({ socketsOnly }) => this.#of === 'sockets' || !socketsOnly,
    );
    return first && { ...first, optional: security.optional, alternatives: others };
  }

  #nameOf({ name, scheme }: Security): string {
    for (let number = 1; ; number++) {
      const unique = number === 1 ? name : `${name}${number}`;
      const known = this.#schemes.get(unique);
      if (known === undefined) this.#schemes.set(unique, scheme);
      if (known === undefined || JSON.stringify(known) === JSON.stringify(scheme)) return unique;
    }
  }
}

// Where a route reads a token that can have scopes, they are not asked of an API key beside it. Elsewhere OpenAPI takes them as roles.
function scopesFor(scheme: SecurityScheme, scopes: readonly string[]): readonly string[] {
  if (!isOAuth(scheme)) return [];
  const listed = listedScopes(scheme);
  return listed === undefined ? scopes : scopes.filter((scope) => listed.includes(scope));
}

const isOAuth = ({ type }: SecurityScheme): boolean => type === 'oauth2' || type === 'openIdConnect';
const isDemanded = ({ optional }: Security): boolean => !optional;
