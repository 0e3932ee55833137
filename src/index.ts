import './base/process/need-node.ts';

export type { AsyncApiDocument } from './asyncapi/document.ts';

// Declared functions

// What an app can use
export { component, type Gauge, type Observation, type Observe } from './base/component-key.ts';
// Errors
export { CortadoError } from './base/error.ts';
export type { ErrorCode } from './base/error-codes.ts';
export type { GatherOptions, Work } from './concurrency/gather.ts';
// Async toolbox
export { gather } from './concurrency/gather.ts';
export type { RaceOptions } from './concurrency/race.ts';
export { race } from './concurrency/race.ts';
export type { SleepOptions } from './concurrency/sleep.ts';
export { sleep } from './concurrency/sleep.ts';
export type { TaskGroup, TaskGroupOptions } from './concurrency/task-group.ts';
export { taskGroup } from './concurrency/task-group.ts';
export { timeout } from './concurrency/timeout.ts';
export type { Around, AroundPlace } from './declare/around.ts';
export type { Context } from './declare/context.ts';
export type { DependencyOptions } from './declare/dependency.ts';
export { dependency } from './declare/dependency.ts';
export type { Example, Examples } from './declare/examples.ts';
export type { Feed, FeedEvent, FeedItem, FeedReset, Follower, Following } from './declare/feed.ts';
export type { FileAnswer, FileOptions } from './declare/file-answer.ts';
export type { BodyOptions, HeaderOptions, Param, ParamOptions, Source } from './declare/param.ts';
export { body, cookie, file, form, header, path, query } from './declare/param.ts';
export type {
  ApiInfo,
  DocsOptions,
  ErrorFormat,
  OpenApiVersion,
  SwaggerUiOAuth,
  TagInfo,
} from './declare/route/api-info.ts';
export type {
  DocumentedBody,
  DocumentedContent,
  DocumentedHeader,
  DocumentedLink,
  DocumentedResponse,
  DocumentedResponses,
  DocumentedServer,
  ExternalDocs,
  NamedRoute,
  NameOperation,
} from './declare/route/documented.ts';
export type { DocumentedChannel, DocumentedMessage } from './declare/route/documented-channel.ts';
export type { AsJson, Endpoint, ResponseOption } from './declare/route/endpoint.ts';
export type { Content, Media, ReceivedEvent, Stream } from './declare/route/media.ts';
export { content, type EventStreamOptions, eventStream, jsonLines } from './declare/route/media.ts';
export type { Callback, Method, Route, RouteDefinition } from './declare/route/route.ts';
export type { ServerSentEventFields } from './declare/route/server-sent-event.ts';
export { ServerSentEvent } from './declare/route/server-sent-event.ts';
export type { SocketFormat, SocketFormats } from './declare/route/socket-format.ts';
export type { Security, SecurityScheme } from './declare/security.ts';
export type { SendOptions, ServerSocket, SocketEnd, SocketEndpoint, SocketRoute } from './declare/socket/socket.ts';
export type { Dependency, DependencyScope, Inputs, Params, Values } from './declare/values.ts';
// Applications and routes
export { App } from './http/app/app.ts';
export type { AppOptions, ListenOptions, PluginGuards } from './http/app/app-options.ts';
export type { HealthOptions } from './http/app/health.ts';
export { health } from './http/app/health.ts';
export type { Lifespan } from './http/app/lifespan.ts';
export type { LimitOptions } from './http/app/limits.ts';
export type { FrontendOptions, StaticOptions } from './http/files/folder-route.ts';
export type { FetchHandler } from './http/mounts/fetch-target.ts';
export type { Mount, MountableApp, MountKind } from './http/mounts/inner-app.ts';
export type { MountOptions } from './http/mounts/mount-options.ts';
export type { FetchApp, Mounted } from './http/mounts/mount-target.ts';
export type { NodeHandler } from './http/mounts/node-target.ts';
export type { TargetMaker } from './http/mounts/target.ts';
export type { OutgoingOptions } from './http/outgoing/outgoing.ts';
export { callback } from './http/outgoing/outgoing.ts';
export type { AddWebhook, Webhooks } from './http/outgoing/webhooks.ts';
export { proxy } from './http/proxy/proxy.ts';
export type { ProxyOptions } from './http/proxy/upstream.ts';
export type { CookieOptions, DeferredWork } from './http/request/context.ts';
export { RequestContext } from './http/request/context.ts';
export type { AnswerHeaders, FinalAnswer } from './http/request/final-answer.ts';
export { HttpError } from './http/request/http-error.ts';
export { RequestAborted } from './http/request/request-aborted.ts';
export { rootPathOf } from './http/request/root-path.ts';
export { template } from './http/respond/template.ts';
export { toJson } from './http/respond/to-json.ts';
export { type AnswerInit, html, redirect, text } from './http/respond/web.ts';
export type { AroundOptions, InsideFunction, OutsideFunction } from './http/routes/around.ts';
export { around } from './http/routes/around.ts';
export type { Handler, RouteOptions } from './http/routes/route-options.ts';
export type { RouterOptions } from './http/routes/router.ts';
export { Router } from './http/routes/router.ts';
export type { AddSocket, SocketFunction, SocketOptions } from './http/routes/socket-options.ts';
export type { ServerOptions } from './http/server/server-options.ts';
export { SocketError } from './http/sockets/messages/socket-error.ts';
export type { CloseOptions, Cut, StopReport } from './http/stop/stop.ts';
export type { UploadOptions } from './http/uploads/upload-options.ts';
export type { Component, ComponentParts, Host } from './inject/component.ts';
export { ValidationError } from './inject/validation-error.ts';
export type { OpenApiDocument } from './openapi/document.ts';
export { ResponseInvalid } from './schema/checked-value.ts';
export type { Issue, Loc } from './schema/issues/issue.ts';
export type { Excluded } from './schema/json/leave-out.ts';
export type { Schema } from './schema/standard.ts';
