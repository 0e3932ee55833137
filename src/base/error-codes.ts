/**
 * Every code a Cortado error can carry, with what it means. `docs/reference/errors.md` lists the same codes; a test compares the
 * two in both directions.
 */
export const errorCodes = {
  // Misconfiguration: thrown at registration, never in a request.
  CORTADO_PATH_INVALID: 'A path template cannot be parsed or routed.',
  CORTADO_PATH_PARAMETER: 'A path template and the declared parameters do not fit together.',
  CORTADO_PARAM_INVALID: 'A declared parameter is not a schema, a source or a dependency, or does not fit its source.',
  CORTADO_OPTION_UNKNOWN: 'An option is not one that the function knows.',
  CORTADO_OPTION_INVALID: 'An option has a value that cannot be used.',
  CORTADO_SCHEMA_UNDESCRIBED: 'A schema has no JSON Schema, so it can be neither coerced nor documented.',
  CORTADO_DEPENDENCY_SCOPE: 'An app-scoped dependency asks for something that only a request has.',
  CORTADO_DEPENDENCY_CYCLE: 'Dependencies ask for one another in a circle.',
  CORTADO_DEPENDENCY_NAME: 'Two different things share one name.',
  CORTADO_GUARD_BODY: 'A guard asks for a body value, but guards run before the body is read.',
  CORTADO_ROUTE_DUPLICATE: 'Two routes have the same method and path.',
  CORTADO_LIFECYCLE: 'Something was used before its start, after its stop, or outside of a request or task.',
  // Faults of a running program.
  CORTADO_GENERATOR_YIELD: 'A generator dependency did not yield exactly once.',
  CORTADO_RESPONSE_INVALID: 'A handler returned something that its declared response forbids.',
  CORTADO_LEFT_OPEN: 'A test ended while requests, scopes or timers were still open.',
  CORTADO_TIMEOUT: 'A wait took longer than its limit.',
  CORTADO_HTTP: 'An answer with a status of its own, thrown by a handler, guard or dependency.',
  CORTADO_VALIDATION: 'The input of a request or task is invalid.',
} as const;

/** One of Cortado's error codes. */
export type ErrorCode = keyof typeof errorCodes;
