import { checkOptions } from '../../base/check-options.ts';
import { flag, functionRule, type Rules, string } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { isThenable } from '../../base/is-thenable.ts';
import { type Dependency, dependency } from '../../declare/dependency.ts';
import type { Security, SecurityScheme } from '../../declare/security.ts';
import type { RequestContext } from '../../http/request/context.ts';
import { HttpError } from '../../http/request/http-error.ts';

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
export interface Scheme<Credential> {
  /** The function that declares it, for error messages. */
  readonly owner: string;
  readonly defaultName: string;
  readonly openApi: SecurityScheme;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
  /** Whether it is for sockets alone. Default `false`. */
  readonly socketsOnly?: boolean;
  /** Takes the credential off the request; `undefined` where there is none. Throws {@link notAuthenticated} where it cannot be read. */
  readonly read: (context: RequestContext) => Credential | undefined;
}

const rules = { verify: functionRule, optional: flag, description: string, schemeName: string };

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
  const reader: Reader = {
    challenge: scheme.challenge,
    optional,
    read: scheme.read,
    decide: (credential, context) => decide(scheme.challenge, options, credential as Credential, context),
  };
  const { socketsOnly = false } = scheme;
  const security = { name, scheme: openApi, optional, ...(socketsOnly && { socketsOnly }) };
  return readingDependency(reader, security, name, schemeName !== undefined);
}

/** How a scheme reads a credential, and what it makes of it. */
export interface Reader {
  readonly challenge: string;
  readonly optional: boolean;
  readonly read: (context: RequestContext) => unknown;
  readonly decide: (credential: unknown, context: RequestContext) => unknown;
}

const readerKey = '~reader';

/** How a dependency reads a credential, where it is a scheme of this module. */
export function readerOf(scheme: object): Reader | undefined {
  return (scheme as { readonly [readerKey]?: Reader })[readerKey];
}

/** A dependency that reads a credential, and tells the plan of it. */
export function readingDependency<T>(reader: Reader, security: Security, name: string, named: boolean): Dependency<T> {
  const made = dependency((_: object, context: RequestContext) => authenticate(reader, context), { name });
  const own = { named, security, [readerKey]: reader };
  return { ...(made as Dependency<T>), ...own };
}

/** The 401 of a missing or refused credential; the words of FastAPI 0.142. */
export function notAuthenticated(challenge: string): HttpError {
  return new HttpError(401, 'Not authenticated', { headers: { 'www-authenticate': challenge } });
}

function authenticate({ challenge, optional, read, decide: accept }: Reader, context: RequestContext): unknown {
  const credential = read(context);
  if (credential !== undefined) return accept(credential, context);
  if (optional) return undefined;
  throw notAuthenticated(challenge);
}

function decide<Credential>(
  challenge: string,
  { verify }: SchemeOptions<Credential, unknown, boolean>,
  credential: Credential,
  context: RequestContext,
): unknown {
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
