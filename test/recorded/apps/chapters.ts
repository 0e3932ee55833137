import { body, bodyFields, bodyMultipleParams, bodyNestedModels, bodyUpdates } from './body.ts';
import { cookieParamModels, cookieParams, headerParamModels } from './cookies-and-headers.ts';
import { dependencies } from './dependencies.ts';
import { handlingErrors } from './handling-errors.ts';
import type { Chapter } from './models.ts';
import { pathParams, pathParamsNumericValidations } from './path-params.ts';
import { queryParamModels, queryParams, queryParamsStrValidations } from './query-params.ts';
import { extraModels, firstSteps, responseModel, responseStatusCode } from './responses.ts';

/** The applications of FastAPI's documentation, written in Cortado, by the names of its chapters. */
export const chapters: Readonly<Record<string, Chapter>> = {
  body,
  body_fields: bodyFields,
  body_multiple_params: bodyMultipleParams,
  body_nested_models: bodyNestedModels,
  body_updates: bodyUpdates,
  cookie_param_models: cookieParamModels,
  cookie_params: cookieParams,
  dependencies,
  extra_models: extraModels,
  first_steps: firstSteps,
  handling_errors: handlingErrors,
  header_param_models: headerParamModels,
  path_params: pathParams,
  path_params_numeric_validations: pathParamsNumericValidations,
  query_param_models: queryParamModels,
  query_params: queryParams,
  query_params_str_validations: queryParamsStrValidations,
  response_model: responseModel,
  response_status_code: responseStatusCode,
};
