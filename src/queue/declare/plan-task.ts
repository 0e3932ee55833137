import { CortadoError } from '../../base/error.ts';
import type { Dependency } from '../../declare/dependency.ts';
import { isDependency } from '../../declare/dependency.ts';
import type { Plan } from '../../declare/plan/plan.ts';
import { planFunction } from '../../declare/plan/plan-function.ts';
import type { Params } from '../../declare/values.ts';

type Substitute = (dependency: Dependency<unknown, string>) => Dependency<unknown, string>;

/** Plans a task: all its inputs come from the payload. Throws, naming the input or dependency that only a request has. */
export function planTask(owner: string, params: Params, substitute?: Substitute): Plan {
  const plan = planFunction({ owner, params, rule: 'task', ...(substitute && { substitute }) });
  const foreign = plan.fields.find(({ source }) => source !== 'payload');
  if (foreign !== undefined)
    throw invalid(owner, `"${foreign.name}" comes from the ${foreign.source} of a request, and a task has none.`);
  const own = new Set(Object.keys(params).filter((name) => !isDependency(params[name])));
  const hidden = plan.fields.find(({ key, field }) => field.required && !own.has(key));
  if (hidden !== undefined)
    throw invalid(
      owner,
      `one of its dependencies reads "${hidden.key}", so "${hidden.key}" must be one of its params.`,
    );
  return plan;
}

function invalid(owner: string, why: string): CortadoError {
  return new CortadoError('CORTADO_PARAM_INVALID', `${owner}: ${why}`);
}
