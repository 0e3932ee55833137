import type { PlannedField, PlanOptions } from './plan.ts';
import { type DraftField, refusePlan } from './plan-input.ts';

/** Gives each field its place: a body or form that is taken whole, or one value of it. Throws where two of them want the body in different ways. */
export function placeFields(
  fields: readonly DraftField[],
  validated: Iterable<DraftField>,
  options: PlanOptions,
): PlannedField[] {
  refuseMixedBodies(fields, options);
  const embedded = isBodyEmbedded(fields);
  const whole = isWholeForm(fields);
  return [...validated].map((field) => placed(field, embedded, whole));
}

function isBodyEmbedded(fields: readonly DraftField[]): boolean {
  const bodies = fields.filter((field) => field.source === 'body');
  return bodies.some((field) => field.embed) || new Set(bodies.map((field) => field.key)).size > 1;
}

function isWholeForm(fields: readonly DraftField[]): boolean {
  const forms = fields.filter((field) => field.source === 'form' || field.source === 'file');
  return forms.length === 1 && forms[0]!.field.shape === 'object';
}

function refuseMixedBodies(fields: readonly DraftField[], options: PlanOptions): void {
  const forms = fields.filter((field) => field.source === 'form' || field.source === 'file');
  const model = forms.find((field) => field.field.shape === 'object');
  if (model !== undefined && forms.length > 1) {
    refusePlan(
      options,
      'CORTADO_PARAM_INVALID',
      `"${model.name}" has an object schema, which takes the whole form, so it must be the only form or file parameter.`,
    );
  }
  const sources = new Set(fields.map((field) => field.source));
  if (sources.has('body') && (sources.has('form') || sources.has('file'))) {
    refusePlan(
      options,
      'CORTADO_PARAM_INVALID',
      'it declares both a JSON body and form fields, but a request has only one body.',
    );
  }
}

function placed(field: DraftField, bodyEmbedded: boolean, wholeForm: boolean): PlannedField {
  const { embed: _, ...rest } = field;
  const whole =
    field.source === 'body'
      ? !bodyEmbedded
      : field.source === 'form'
        ? wholeForm
        : (field.source === 'query' || field.source === 'header' || field.source === 'cookie') &&
          field.field.shape === 'object';
  if (field.source === 'payload') return { ...rest, whole: false, loc: [field.key] };
  const place = field.source === 'form' || field.source === 'file' ? 'body' : field.source;
  return { ...rest, whole, loc: whole ? [place] : [place, field.key] };
}
