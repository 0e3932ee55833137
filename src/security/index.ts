import '../base/process/need-node.ts';

export type { ApiKeyOptions } from './api-key.ts';
export { apiKey } from './api-key.ts';
export type { BasicCredentials, HttpBasicOptions } from './http-basic.ts';
export { httpBasic } from './http-basic.ts';
export type { HttpBearerOptions } from './http-bearer.ts';
export { httpBearer } from './http-bearer.ts';
export type { OAuth2Flow, OAuth2Flows, OAuth2Options, OAuth2PasswordOptions } from './oauth2.ts';
export { oauth2, oauth2Password } from './oauth2.ts';
export type { OAuth2PasswordForm, OAuth2PasswordFormOptions } from './oauth2-password-form.ts';
export { oauth2PasswordForm } from './oauth2-password-form.ts';
export type { OpenIdConnectOptions } from './open-id-connect.ts';
export { openIdConnect } from './open-id-connect.ts';
export { requireScopes } from './require-scopes.ts';
export { safeEqual } from './safe-equal.ts';
export type { SchemeOptions } from './scheme.ts';
