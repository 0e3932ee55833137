import type { ErrorFormat } from '../../declare/route/api-info.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import type { Components } from './components.ts';

// The names and members of FastAPI's document: generated clients have types of these names.
const issue: JsonSchema = {
  title: 'ValidationError',
  type: 'object',
  properties: {
    loc: {
      title: 'Location',
      description: 'Source, then the way into the value.',
      type: 'array',
      items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
    },
    msg: { title: 'Message', type: 'string' },
    type: { title: 'Error Type', description: 'Kind of the error, `int_parsing` for example.', type: 'string' },
    input: { title: 'Input', description: 'What was sent.' },
    ctx: { title: 'Context', type: 'object', additionalProperties: true },
  },
  required: ['loc', 'msg', 'type'],
};

function problem(title: string, members: Record<string, JsonSchema>, more: readonly string[] = []): JsonSchema {
  return {
    title,
    description: 'An RFC 9457 problem.',
    type: 'object',
    properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, ...members },
    required: ['type', 'title', 'status', ...more],
  };
}

/** The content of an answer whose error is a sentence, in the app's error format. */
export function errorContent(format: ErrorFormat, components: Components): Readonly<Record<string, object>> {
  const detail = { title: 'Detail', type: 'string' };
  if (format === 'fastapi') {
    const schema = { title: 'HTTPError', type: 'object', properties: { detail }, required: ['detail'] };
    return { 'application/json': { schema: components.add('HTTPError', schema) } };
  }
  const schema = components.add('Problem', problem('Problem', { detail }));
  return { 'application/problem+json': { schema } };
}

/** The content of a 422 answer, in the app's error format. */
export function validationErrorContent(format: ErrorFormat, components: Components): Readonly<Record<string, object>> {
  const issues = { type: 'array', items: components.add('ValidationError', issue) };
  if (format === 'fastapi') {
    const properties = { detail: { title: 'Detail', ...issues } };
    const schema = components.add('HTTPValidationError', { title: 'HTTPValidationError', type: 'object', properties });
    return { 'application/json': { schema } };
  }
  const schema = components.add('ValidationProblem', problem('ValidationProblem', { errors: issues }, ['errors']));
  return { 'application/problem+json': { schema } };
}
