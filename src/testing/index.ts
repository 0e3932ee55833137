import '../base/process/need-node.ts';

export type { TestRequest, TestResponse } from './test-client.ts';
export { TestClient, testClient } from './test-client.ts';
