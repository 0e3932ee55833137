import type { Source } from '../param.ts';
import type { PlannedField, PlanOptions } from './plan.ts';
import { type DraftField, refusePlan } from './plan-input.ts';

// An object schema takes all of such a source.
const wholeSources: readonly Source[] = ['query', 'header', 'cookie', 'form'];

/** Gives each field its place: a body or form that is taken whole, or one value of it. Throws where two of them want the body in different ways. */
export function placeFields(
  fields: readonly DraftField[],
  validated: Iterable<DraftField>,
  options: PlanOptions,
): PlannedField[] {
  const bodies = fields.filter(({ source }) => source === 'body');
  const forms = fields.filter(({ source }) => source === 'form' || source === 'file');
  const model = forms.find(({ field }) => field.shape === 'object');
  if (model !== undefined && forms.length > 1) {
    refusePlan(
      options,
      'CORTADO_PARAM_INVALID',
      `"${model.name}" has an object schema, which takes the whole form, so it must be the only form or file parameter.`,
    );
  }
  if (bodies.length > 0 && forms.length > 0) {
    refusePlan(
      options,
      'CORTADO_PARAM_INVALID',
      'it declares both a JSON body and form fields, but a request has only one body.',
    );
  }
  const isEmbedded = bodies.some(({ embed }) => embed) || new Set(bodies.map(({ key }) => key)).size > 1;
  return [...validated].map((field) => placed(field, isEmbedded));
}

function placed({ embed: _, ...field }: DraftField, isBodyEmbedded: boolean): PlannedField {
  const { source, key } = field;
  if (source === 'payload') return { ...field, whole: false, loc: [key] };
  const isWhole = source === 'body' ? !isBodyEmbedded : wholeSources.includes(source) && field.field.shape === 'object';
  const place = source === 'form' || source === 'file' ? 'body' : source;
  return { ...field, whole: isWhole, loc: isWhole ? [place] : [place, key] };
}
