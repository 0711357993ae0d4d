/** The door of the routes that Fastify serves: a guest for each request, and its refusal or its preflight. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { allowsOrigin, PREFLIGHT_HEADERS } from "../access/origins.ts";
import { lingerAndEnd } from "../node/direct-socket.ts";
import type { RouteFigures } from "../observe/counters.ts";
import type { RequestRecord } from "../observe/request-record.ts";
import { CLIENT_GONE } from "./lifecycle.ts";
import { addHeaders, hasBody } from "./problems.ts";
import { discard } from "./read-body.ts";
import type { Service } from "./service.ts";

/** "Switching Protocols" */
const SWITCHED = 101;

declare module "fastify" {
  interface FastifyRequest {
    guest: RequestRecord;
  }
  interface FastifyContextConfig {
    /** figures of the route, by method */
    figures?: Readonly<Record<string, RouteFigures>>;
    /** the route calls the door itself */
    line?: boolean;
  }
}

/** Call before the routes. */
export function addDoor(app: FastifyInstance, service: Service): void {
  const { door, config } = service;
  const unknown = door.route("*", "unknown");
  const unknown_guarded = door.route("*", "/v1/unknown");
  app.decorateRequest("guest");
  app.addHook("onRoute", (route) => {
    const figures = [route.method].flat().map((method) => [method, door.route(method, route.url)] as const);
    route.config = { ...route.config, figures: Object.fromEntries(figures) };
  });
  app.addHook("onRequest", (request, reply, done) => {
    const { raw, id } = request;
    if (request.routeOptions.config.line === true) return done();
    // Paths that do not exist are refused like those that do: without a key nothing can be told from nothing.
    const nowhere = /^\/v[12]\//.test(raw.url ?? "") ? unknown_guarded : unknown;
    const guest = door.enter(raw, request.routeOptions.config.figures?.[request.method] ?? nowhere, id);
    request.guest = guest;
    addHeaders(reply, guest.headers);
    // Not onResponse: that is not called when the client goes away.
    reply.raw.once("close", () => door.leave(guest, statusOf(request, reply)));
    // A connection that was to become a WebSocket, and did not, is no one's any more.
    if (raw.headers.upgrade !== undefined)
      reply.header("connection", "close").raw.once("finish", () => lingerAndEnd(raw.socket));
    if (isPreflight(request) && allowsOrigin(config.cors_origins, request.headers.origin ?? ""))
      return void reply.code(204).headers(PREFLIGHT_HEADERS).send();
    if (guest.refusal === undefined) return done();
    if (!hasBody(raw)) return done(guest.refusal);
    void discard(service, raw).then(() => done(guest.refusal));
  });
}

/** A connection that changed its protocol has no other answer than that. */
function statusOf({ raw: { headers } }: FastifyRequest, { raw, sent }: FastifyReply): number {
  if (raw.writableEnded) return raw.statusCode;
  return headers.upgrade !== undefined && sent ? SWITCHED : CLIENT_GONE;
}

/** A browser asks whether a page's script may send the request that it wants to send. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && "access-control-request-method" in headers;
}
