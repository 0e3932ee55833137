import type { RequestContext } from '../../http/request/context.ts';

/** The credentials of an `Authorization` header of one scheme, `bearer` or `basic`; `undefined` where it has none or another scheme. */
export function credentialsOf(context: RequestContext, scheme: string): string | undefined {
  const [, name, credentials] = /^(\S+) +(\S.*)$/.exec(context.headers.authorization ?? '') ?? [];
  return name?.toLowerCase() === scheme ? credentials!.trim() : undefined;
}

/** The token of `Authorization: Bearer …`. */
export function bearerToken(context: RequestContext): string | undefined {
  return credentialsOf(context, 'bearer');
}
