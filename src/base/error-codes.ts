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
  CORTADO_SETTINGS_INVALID: 'The environment, or a file of settings, does not fit the schema of the settings.',
  CORTADO_SCHEMA_UNDESCRIBED: 'A schema has no JSON Schema, so it can be neither coerced nor documented.',
  CORTADO_DEPENDENCY_SCOPE: 'An app-scoped dependency asks for something that only a request has.',
  CORTADO_DEPENDENCY_CYCLE: 'Dependencies ask for one another in a circle.',
  CORTADO_DEPENDENCY_NAME: 'Two different things share one name.',
  CORTADO_GUARD_BODY: 'A guard asks for a body value, but guards run before the body is read.',
  CORTADO_ROUTE_DUPLICATE: 'Two routes have the same method and path, or were given one operationId.',
  CORTADO_LIFECYCLE: 'Something was used before its start, after its stop, or outside of a request or task.',
  CORTADO_NODE_VERSION: 'Node is too old.',
  // Faults of a running program.
  CORTADO_GUARD_VALUE: 'A guard returned `false`, which refuses nobody: guards refuse by throwing.',
  CORTADO_GENERATOR_YIELD: 'A generator dependency did not yield exactly once.',
  CORTADO_RESPONSE_INVALID: 'A handler returned something that its declared response forbids.',
  CORTADO_NOT_AWAITED: 'A promise was used as if it were what it will be: an `await` is missing.',
  CORTADO_LEFT_OPEN: 'A test ended while requests, or what their dependencies opened, were still open.',
  CORTADO_ABORTED: 'The client has left, or the app stops, before the work was done.',
  CORTADO_TIMEOUT: 'A wait took longer than its limit.',
  CORTADO_OVERLOADED:
    'The app has more to do than its limits allow; the request was refused before anything of it was read.',
  CORTADO_UPLOADS_FULL:
    'The files that all open requests have uploaded take the disk space that they may take together.',
  CORTADO_UPLOAD_GONE: 'An uploaded file was read after its request, and what that deferred, was over.',
  CORTADO_HTTP: 'An answer with a status of its own, thrown by a handler, guard or dependency.',
  CORTADO_VALIDATION: 'The input of a request or task is invalid.',
  // Threads.
  CORTADO_THREAD_MODULE: 'The module of a thread pool cannot be found or loaded, or has no such function.',
  CORTADO_THREAD_CLONE: 'An argument or result cannot be sent between threads.',
  CORTADO_THREADS_BUSY: 'All threads are busy and their queue is full.',
  CORTADO_THREAD_DIED: 'A thread ended while it worked; a new one takes its place.',
  // The loop.
  CORTADO_LOOP_BLOCKED: 'In strict mode: code in a request or task held up the loop, or was about to.',
  // Metrics.
  CORTADO_METRICS: 'Metrics cannot be kept or gathered: prom-client is not installed, or the primary does not answer.',
  // Other services.
  CORTADO_UPSTREAM: 'Another service could not be reached, broke off, or answered with what it should not.',
  CORTADO_UPSTREAM_URL: 'An address of another service cannot be used, or undici is not installed.',
  // Database.
  CORTADO_DB_URL: 'A database URL cannot be understood, or its driver is not installed.',
  CORTADO_DB_UNREACHABLE: 'A database cannot be opened or reached.',
  CORTADO_DB_MODEL: 'A model cannot be a table, or belongs to no database.',
  CORTADO_DB_DRIFT: 'The tables of a database are not what its models say.',
  CORTADO_DB_MIGRATION: 'A migration failed, cannot be read, or cannot be made now.',
  CORTADO_DB_CURSOR: 'A cursor is not one that was given out for these pages.',
  CORTADO_DB_FILTER: 'A filter or an order names an unknown column or operator, or compares with an impossible value.',
  CORTADO_DB_ROW_INVALID: 'Values for a row do not fit the fields of its model.',
  CORTADO_DB_VALUE:
    'A value cannot be held by its column: a NUL, half a character, too large a number, too early a date.',
  CORTADO_DB_QUERY: 'The database refused a statement.',
  CORTADO_DB_READ_ONLY: 'A statement that writes was sent where only reads are possible.',
  CORTADO_DB_TRANSACTION: 'A transaction is gone, or cannot be used in this way.',
  CORTADO_DB_DEADLOCK: 'A statement would wait for the transaction of its own request.',
  CORTADO_DB_POOL: 'No connection became free in time.',
  CORTADO_DB_BUSY: 'Another process kept the database locked for too long.',
  CORTADO_DB_CONFLICT: 'A transaction got in the way of another that ran beside it; it can be run again.',
  CORTADO_DB_WORKER: 'The thread of a database died; its statements failed, and a new one takes its place.',
  CORTADO_DB_STALE: 'A row has another version than the one that was to be changed.',
  CORTADO_DB_UNIQUE: 'A row with the same unique value exists already.',
  CORTADO_DB_FOREIGN_KEY: 'A row that is referred to does not exist, or is still referred to.',
  CORTADO_ROW_NOT_FOUND: 'No row matches.',
  CORTADO_ROW_AMBIGUOUS: 'More than one row matches where exactly one was asked for.',
  // Queue.
  CORTADO_QUEUE_URL: 'A queue URL cannot be understood, or the packages of its engine are not installed.',
  CORTADO_QUEUE_UNREACHABLE: 'The place where tasks are kept cannot be opened or reached.',
  CORTADO_QUEUE_SCHEMA: 'The tables of a queue were made by a later version of Cortado than this one.',
  CORTADO_QUEUE_UNSUPPORTED: 'The engine of a queue does not promise what was asked of it.',
  CORTADO_QUEUE_PAYLOAD: 'The input or result of a task cannot be carried: it is no JSON, or over the limit.',
  CORTADO_TASK_NAME: 'A task or queue name cannot be used, or is used twice.',
  CORTADO_TASK_INPUT: 'Input that is enqueued does not fit the params of its task.',
  CORTADO_TASK_UNKNOWN: 'A worker got a task that no code here declares.',
  CORTADO_TASK_NOT_FOUND: 'There is no task with this id.',
  CORTADO_TASK_STATE: 'A task is not in a state that allows this.',
  CORTADO_TASK_FAILED: 'A task whose result was asked for has failed.',
  CORTADO_TASK_CANCELLED: 'A task was cancelled.',
  CORTADO_TASK_EXPIRED: 'A task was not started in time.',
  CORTADO_TASK_CRASHED: 'A task was running whenever its worker was lost, too many times to try again.',
  CORTADO_TASK_LOST: 'A running task was given to another worker.',
  CORTADO_SCHEDULE_INVALID: 'A schedule cannot be understood.',
  // Channels.
  CORTADO_CHANNEL_URL: 'A URL of channels cannot be understood, or the packages of its engine are not installed.',
  CORTADO_CHANNEL_UNREACHABLE: 'The place where events are kept cannot be opened or reached.',
  CORTADO_CHANNEL_SCHEMA: 'The tables of channels were made by a later version of Cortado than this one.',
  CORTADO_CHANNEL_NAME: 'A channel has a name that cannot be used, or is declared twice.',
  CORTADO_CHANNEL_INPUT:
    'Params, an event or a member do not fit their channel, or cannot be carried: no JSON, or over the limit.',
  // Command line.
  CORTADO_CLI: 'A command cannot do what it was asked to: no such file, no app in it, a port in use.',
} as const;

/** One of Cortado's error codes. */
export type ErrorCode = keyof typeof errorCodes;
