import type { ErrorFormat } from '../declare/api-info.ts';
import type { JsonSchema } from '../schema/json-schema.ts';

/** How one kind of error is documented. */
export interface ErrorDocs {
  readonly mediaType: string;
  readonly name: string;
  readonly schema: JsonSchema;
}

const issue: JsonSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', description: 'Kind of the error, `int_parsing` for example.' },
    loc: {
      type: 'array',
      items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      description: 'Source, then the way into the value.',
    },
    msg: { type: 'string' },
    input: { description: 'What was sent.' },
    ctx: { type: 'object', additionalProperties: true },
  },
  required: ['type', 'loc', 'msg'],
};

const problemMembers = { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' } };

/** The schema of a 422 answer, in the app's error format. */
export function validationErrorDocs(format: ErrorFormat): ErrorDocs {
  if (format === 'fastapi') {
    return {
      mediaType: 'application/json',
      name: 'HTTPValidationError',
      schema: { type: 'object', properties: { detail: { type: 'array', items: issue } } },
    };
  }
  return {
    mediaType: 'application/problem+json',
    name: 'ValidationProblem',
    schema: {
      type: 'object',
      properties: { ...problemMembers, errors: { type: 'array', items: issue } },
      required: ['type', 'title', 'status'],
    },
  };
}
