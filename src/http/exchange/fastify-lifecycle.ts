/** The lifecycle of the routes that Fastify serves: a record for each request, and its refusal or its preflight. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { allowsOrigin, PREFLIGHT_HEADERS } from "../access/origins.ts";
import { lingerAndEnd } from "../node/direct-socket.ts";
import type { RouteCounters } from "../observe/counters.ts";
import type { RequestRecord } from "../observe/request-record.ts";
import { CLIENT_GONE } from "./lifecycle.ts";
import { addHeaders, hasBody } from "./problems.ts";
import { discard } from "./read-body.ts";
import type { Service } from "./service.ts";

/** "Switching Protocols" */
const SWITCHED = 101;

declare module "fastify" {
  interface FastifyRequest {
    record: RequestRecord;
  }
  interface FastifyContextConfig {
    /** counters of the route, by method */
    counters?: Readonly<Record<string, RouteCounters>>;
    /** whether it is a hot route, which calls the lifecycle itself */
    hot?: boolean;
  }
}

/** Call before the routes. */
export function addLifecycle(app: FastifyInstance, service: Service): void {
  const { lifecycle, config } = service;
  const unknown = lifecycle.route("*", "unknown");
  const unknown_guarded = lifecycle.route("*", "/v1/unknown");
  app.decorateRequest("record");
  app.addHook("onRoute", (route) => {
    const counters = [route.method]
      .flat()
      .map((method) => [method, lifecycle.route(method, route.url)] as const);
    route.config = { ...route.config, counters: Object.fromEntries(counters) };
  });
  app.addHook("onRequest", (request, reply, done) => {
    const { raw, id } = request;
    if (request.routeOptions.config.hot === true) return done();
    // Unknown paths are refused in the same way: without a key, a client cannot tell which paths exist.
    const nowhere = /^\/v[12]\//.test(raw.url ?? "") ? unknown_guarded : unknown;
    const record = lifecycle.enter(
      raw,
      request.routeOptions.config.counters?.[request.method] ?? nowhere,
      id,
    );
    request.record = record;
    addHeaders(reply, record.headers);
    // Not onResponse: Fastify does not call it when the client goes away.
    reply.raw.once("close", () => lifecycle.leave(record, statusOf(request, reply)));
    // A connection that did not become a WebSocket has no other owner.
    if (raw.headers.upgrade !== undefined)
      reply.header("connection", "close").raw.once("finish", () => lingerAndEnd(raw.socket));
    if (isPreflight(request) && allowsOrigin(config.cors_origins, request.headers.origin ?? ""))
      return void reply.code(204).headers(PREFLIGHT_HEADERS).send();
    if (record.refusal === undefined) return done();
    if (!hasBody(raw)) return done(record.refusal);
    void discard(service, raw).then(() => done(record.refusal));
  });
}

/** A connection that changed its protocol gets no other answer. */
function statusOf({ raw: { headers } }: FastifyRequest, { raw, sent }: FastifyReply): number {
  if (raw.writableEnded) return raw.statusCode;
  return headers.upgrade !== undefined && sent ? SWITCHED : CLIENT_GONE;
}

/** A preflight: the browser asks whether a page's script may send its request. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && "access-control-request-method" in headers;
}
