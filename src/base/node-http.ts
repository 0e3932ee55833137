/**
 * Node's HTTP module. An `import` of it reads everything that it exports, its `WebSocket` as well, for which Node loads the whole of its
 * fetch: some 30 ms of each start, and 4 MB, for apps that may have no use for it.
 */
export const nodeHttp: typeof import('node:http') = process.getBuiltinModule('node:http');
