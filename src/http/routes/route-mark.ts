/** What a route of the app carries in its Fastify `config.cortado`, where plugins and hooks can read it. */
export interface RouteMark {
  /** As in logs: `GET /users/{user_id}`. */
  readonly route: string;
  /** Its template: `/users/{user_id}`. */
  readonly path: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on the routes of a Cortado app. */
    cortado?: RouteMark;
  }
}
