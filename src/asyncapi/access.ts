import type { Route } from '../declare/route/route.ts';
import type { SecurityScheme } from '../declare/security.ts';
import { type SecurityRequirement, SecuritySchemes } from '../openapi/operations/security-schemes.ts';
import { type Member, present } from './document-parts.ts';

/** What a client must show, as an operation says it, and in words where AsyncAPI has none. */
export interface DescribedAccess {
  readonly security: readonly Member[] | undefined;
  readonly words: string | undefined;
}

/** The security schemes of a document. */
export class Access {
  readonly #schemes = new SecuritySchemes('sockets');
  readonly #base: string | undefined;

  /** @param base The address that relative ones of token servers begin at. */
  constructor(base: string | undefined) {
    this.#base = base;
  }

  /** The ways into a route. AsyncAPI only knows of several schemes of which one will do, so whatever else is asked for is told in words. */
  of(route: Route): DescribedAccess {
    const ways = this.#schemes.requirementsOf(route);
    if (ways === undefined || ways.length === 0) return { security: undefined, words: undefined };
    const scopes = [...new Set(ways.flatMap((way) => Object.values(way).flat()))];
    const words = scopes.length === 0 ? undefined : `Scopes: ${scopes.map(code).join(', ')}.`;
    if (ways.some((way) => Object.keys(way).length !== 1))
      return { security: undefined, words: `${waysInWords(ways)}${words === undefined ? '' : ` ${words}`}` };
    const schemes = this.finish()!;
    const security = ways.map((way): Member => {
      const [[name, wanted] = ['', []]] = Object.entries(way);
      const { type } = schemes[name]!;
      const takesScopes = (type === 'oauth2' || type === 'openIdConnect') && wanted.length > 0;
      return takesScopes ? { ...schemes[name]!, scopes: wanted } : { $ref: `#/components/securitySchemes/${name}` };
    });
    return { security, words };
  }

  finish(): Readonly<Record<string, Member>> | undefined {
    const schemes = this.#schemes.finish();
    return (
      schemes && Object.fromEntries(Object.entries(schemes).map(([name, scheme]) => [name, this.#described(scheme)]))
    );
  }

  #described(scheme: SecurityScheme): Member {
    const { type, description } = scheme;
    if (type === 'apiKey') return { ...scheme, type: 'httpApiKey' };
    if (type === 'mutualTLS') return present({ type: 'X509', description });
    if (type === 'openIdConnect') {
      const url = this.#absolute(scheme['openIdConnectUrl']);
      return url === undefined ? bearer(scheme) : { ...scheme, openIdConnectUrl: url };
    }
    return type === 'oauth2' ? this.#oauth2(scheme) : scheme;
  }

  #oauth2(scheme: SecurityScheme): Member {
    const given = Object.entries(scheme['flows'] as Readonly<Record<string, Flow>>);
    const flows = given.map(([name, { scopes, ...urls }]): [string, Member] => {
      const whole = Object.entries(urls).map(([key, url]) => [key, this.#absolute(url)]);
      return [name, { ...Object.fromEntries(whole), availableScopes: scopes }];
    });
    const isWhole = flows.every(([, flow]) => !Object.values(flow).includes(undefined));
    return isWhole ? { ...scheme, flows: Object.fromEntries(flows) } : bearer(scheme);
  }

  #absolute(url: unknown): string | undefined {
    return URL.canParse(String(url), this.#base) ? new URL(String(url), this.#base).href : undefined;
  }
}

interface Flow {
  readonly scopes?: Readonly<Record<string, string>>;
  readonly [url: string]: unknown;
}

// AsyncAPI takes whole addresses only, and where the app is served is not known here: what is left is how the token is sent.
function bearer({ type, description, ...scheme }: SecurityScheme): Member {
  const { openIdConnectUrl, flows = {} } = scheme as {
    openIdConnectUrl?: string;
    flows?: Readonly<Record<string, Flow>>;
  };
  const from = Object.values(flows).flatMap(({ tokenUrl, authorizationUrl }) => [tokenUrl ?? authorizationUrl]);
  const where = [openIdConnectUrl, ...from].filter((url) => url !== undefined);
  const words = `A token of ${type === 'oauth2' ? 'OAuth2' : 'OpenID Connect'}, from ${where.map(code).join(' or ')}.`;
  return {
    type: 'http',
    scheme: 'bearer',
    description: description === undefined ? words : `${description}\n\n${words}`,
  };
}

function waysInWords(ways: readonly SecurityRequirement[]): string {
  const each = ways.map((way) => Object.keys(way).map(code).join(' and ') || 'nothing');
  return each.length === 1 ? `Takes credentials: ${each[0]}.` : `Takes credentials, one of: ${each.join('; ')}.`;
}

const code = (text: unknown): string => `\`${String(text)}\``;
