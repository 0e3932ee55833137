import { checkOptions } from '../base/check-options.ts';
import { flag, functionRule, type Rules, text } from '../base/check-values.ts';
import { invalidOption } from '../base/error.ts';
import { isThenable } from '../base/is-thenable.ts';
import { type Dependency, dependency } from '../declare/dependency.ts';
import type { SecurityScheme } from '../declare/security.ts';
import type { RequestContext } from '../http/request/context.ts';
import { HttpError } from '../http/request/http-error.ts';

/** What all security schemes can be told. */
export interface SchemeOptions<Credential, Verdict = true, Optional extends boolean = false> {
  /**
   * Decides about a credential before the body is read. What it returns or resolves to is the dependency's value, the credential itself
   * for `true`; `false`, `undefined` and `null` are a 401.
   */
  readonly verify?: (credential: Credential, context: RequestContext) => Verdict;
  /** Lets requests without a credential in, with `undefined`; one that `verify` turns down is still a 401. Default `false`. */
  readonly optional?: Optional;
  /** Markdown for the documentation. */
  readonly description?: string;
  /** Name in the document's `securitySchemes`. Default: that of FastAPI's class. */
  readonly schemeName?: string;
}

/** The value of a security scheme. */
export type Granted<Credential, Verdict, Optional extends boolean> =
  | Accepted<Credential, Awaited<Verdict>>
  | (Optional extends true ? undefined : never);

type Accepted<Credential, Verdict> = Verdict extends false | null | undefined
  ? never
  : Verdict extends true
    ? Credential
    : Verdict;

/** A scheme as the dependency that {@link schemeDependency} makes of it. */
interface Scheme<Credential> {
  /** The function that declares it, for error messages. */
  readonly owner: string;
  readonly defaultName: string;
  readonly openApi: SecurityScheme;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
  /** Takes the credential off the request; `undefined` where there is none. Throws {@link notAuthenticated} where it cannot be read. */
  readonly read: (context: RequestContext) => Credential | undefined;
}

const rules = { verify: functionRule, optional: flag, description: text, schemeName: text };

/** Declares a dependency that reads a credential, and says so to the plan. */
export function schemeDependency<Credential, Verdict, Optional extends boolean>(
  scheme: Scheme<Credential>,
  options: SchemeOptions<Credential, Verdict, Optional>,
  more: Rules,
): Dependency<Granted<Credential, Verdict, Optional>> {
  checkOptions(scheme.owner, options, { ...more, ...rules });
  const { schemeName, description, optional = false } = options;
  checkName(scheme.owner, schemeName);
  const name = schemeName ?? scheme.defaultName;
  const openApi = { ...scheme.openApi, ...(description !== undefined && { description }) };
  const made = dependency((_: object, context: RequestContext) => authenticate(scheme, options, context), { name });
  return {
    ...(made as Dependency<Granted<Credential, Verdict, Optional>>),
    named: schemeName !== undefined,
    security: { name, scheme: openApi, optional },
  };
}

/** The 401 of a missing or refused credential; the words of FastAPI 0.142. */
export function notAuthenticated(challenge: string): HttpError {
  return new HttpError(401, 'Not authenticated', { headers: { 'www-authenticate': challenge } });
}

function authenticate<Credential>(
  { challenge, read }: Scheme<Credential>,
  { verify, optional }: SchemeOptions<Credential, unknown, boolean>,
  context: RequestContext,
): unknown {
  const credential = read(context);
  if (credential === undefined) {
    if (optional === true) return undefined;
    throw notAuthenticated(challenge);
  }
  if (verify === undefined) return credential;
  const accept = (verdict: unknown): unknown => {
    if (verdict === undefined || verdict === null || verdict === false) throw notAuthenticated(refusal(challenge));
    return verdict === true ? credential : verdict;
  };
  const verdict = verify(credential, context);
  return isThenable(verdict) ? verdict.then(accept) : accept(verdict);
}

// RFC 6750, 3.1: a request that had a token is told that it was the token.
function refusal(challenge: string): string {
  return challenge === 'Bearer' ? 'Bearer error="invalid_token"' : challenge;
}

function checkName(owner: string, name: string | undefined): void {
  if (name === undefined || /^[\w.-]+$/.test(name)) return;
  throw invalidOption(
    `${owner}: schemeName ${JSON.stringify(name)} may only have letters, digits, ".", "_" and "-", as OpenAPI says.`,
  );
}
