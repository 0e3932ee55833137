import { isDependency } from '../../declare/dependency.ts';
import type { Plan, PlanOptions } from '../../declare/plan/plan.ts';
import { planFunction } from '../../declare/plan/plan-function.ts';
import { refusePlan } from '../../declare/plan/plan-input.ts';
import type { Params } from '../../declare/values.ts';

/** Plans a task: all its inputs come from the payload. Throws, naming the input or dependency that only a request has. */
export function planTask(owner: string, params: Params, substitute?: PlanOptions['substitute']): Plan {
  const plan = planFunction({ owner, params, rule: 'task', ...(substitute && { substitute }) });
  const refuse = (why: string): never => refusePlan({ owner }, 'CORTADO_PARAM_INVALID', why);
  const foreign = plan.fields.find(({ source }) => source !== 'payload');
  if (foreign !== undefined)
    refuse(`"${foreign.name}" comes from the ${foreign.source} of a request, and a task has none.`);
  const own = new Set(Object.keys(params).filter((name) => !isDependency(params[name])));
  const hidden = plan.fields.find(({ key, field }) => field.required && !own.has(key));
  if (hidden !== undefined)
    refuse(`one of its dependencies reads "${hidden.key}", so "${hidden.key}" must be one of its params.`);
  return plan;
}
