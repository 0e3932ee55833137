import { advancedMiddleware, behindAProxy, subApplications } from './around.ts';
import { body, bodyFields, bodyMultipleParams, bodyNestedModels, bodyUpdates } from './body.ts';
import { cookieParamModels, cookieParams, headerParamModels } from './cookies-and-headers.ts';
import { dependencies } from './dependencies.ts';
import { metadata } from './documents.ts';
import { requestFiles, requestFormModels, requestForms, requestFormsAndFiles } from './forms-and-files.ts';
import { handlingErrors } from './handling-errors.ts';
import type { Chapter } from './models.ts';
import {
  additionalResponses,
  appTesting,
  authenticationErrorStatusCode,
  backgroundTasks,
  conditionalOpenapi,
  configureSwaggerUi,
  customDocsUi,
  customRequestAndRoute,
  dataclasses,
  debugging,
  events,
  extendingOpenapi,
  generateClients,
  jsonBase64Bytes,
  pathOperationAdvancedConfiguration,
  pathOperationConfiguration,
  responseChangeStatusCode,
  responseHeaders,
  schemaExtraExample,
  separateOpenapiSchemas,
} from './more.ts';
import { pathParams, pathParamsNumericValidations } from './path-params.ts';
import { queryParamModels, queryParams, queryParamsStrValidations } from './query-params.ts';
import { extraModels, firstSteps, responseModel, responseStatusCode } from './responses.ts';
import { security, settings } from './security.ts';
import { sqlDatabases } from './sql-databases.ts';
import { customResponse, serverSentEvents, staticFiles, streamData, websockets } from './streams.ts';

/** The applications of FastAPI's documentation, written in Cortado, by the names of its chapters. */
export const chapters: Readonly<Record<string, Chapter>> = {
  additional_responses: additionalResponses,
  advanced_middleware: advancedMiddleware,
  behind_a_proxy: behindAProxy,
  sub_applications: subApplications,
  app_testing: appTesting,
  authentication_error_status_code: authenticationErrorStatusCode,
  background_tasks: backgroundTasks,
  conditional_openapi: conditionalOpenapi,
  configure_swagger_ui: configureSwaggerUi,
  custom_docs_ui: customDocsUi,
  custom_request_and_route: customRequestAndRoute,
  dataclasses_: dataclasses,
  debugging,
  events,
  extending_openapi: extendingOpenapi,
  generate_clients: generateClients,
  metadata,
  json_base64_bytes: jsonBase64Bytes,
  path_operation_advanced_configuration: pathOperationAdvancedConfiguration,
  path_operation_configuration: pathOperationConfiguration,
  response_change_status_code: responseChangeStatusCode,
  response_headers: responseHeaders,
  schema_extra_example: schemaExtraExample,
  separate_openapi_schemas: separateOpenapiSchemas,
  request_files: requestFiles,
  request_form_models: requestFormModels,
  request_forms: requestForms,
  request_forms_and_files: requestFormsAndFiles,
  server_sent_events: serverSentEvents,
  static_files: staticFiles,
  stream_data: streamData,
  custom_response: customResponse,
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
  security,
  settings,
  sql_databases: sqlDatabases,
  websockets_: websockets,
};
