/** A security scheme as OpenAPI 3.1 has it. */
export interface SecurityScheme {
  readonly type: 'http' | 'apiKey' | 'oauth2' | 'openIdConnect' | 'mutualTLS';
  readonly [member: string]: unknown;
}

/**
 * What a dependency that reads a credential says of it. The plan collects it, for the documentation, and runs the dependency as a guard.
 * A scheme that `cortado/security` does not have is a dependency with this member.
 *
 * @example
 * ```ts
 * const read = dependency((_, ctx: RequestContext) => certificateOf(ctx.request.raw.socket));
 * const certificate = { ...read, security: { name: 'MutualTLS', scheme: { type: 'mutualTLS' }, optional: false } } as const;
 * ```
 */
export interface Security {
  /** Name of the scheme in the document. */
  readonly name: string;
  readonly scheme: SecurityScheme;
  /** Whether a request may come without the credential. */
  readonly optional: boolean;
  /** Whether it is for sockets alone, and no affair of the OpenAPI document. Default `false`. */
  readonly socketsOnly?: boolean;
  /** Others, any of which will do in its place. */
  readonly alternatives?: readonly Security[];
}

/** A security and its alternatives. */
export function alternativesOf(security: Security): readonly Security[] {
  return [security, ...(security.alternatives ?? [])];
}
