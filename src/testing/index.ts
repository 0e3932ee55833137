import '../base/process/need-node.ts';

export type {
  CallFailure,
  CallResult,
  CallSuccess,
  ErrorBody,
  InvalidBody,
  RouteCallOptions,
  SocketCallOptions,
} from './call.ts';
export type { CookieJar } from './cookie-jar.ts';
export type { PropertyResponse } from './property-response.ts';
export type { TestClientOptions } from './test-client.ts';
export { TestClient, testClient } from './test-client.ts';
export type { TestRequest } from './test-request.ts';
export type { TestResponse } from './test-response.ts';
export { SocketClosed, SocketRefused, type TestSocket } from './test-socket.ts';
