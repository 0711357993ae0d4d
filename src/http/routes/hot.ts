/**
 * The hot routes: requests that come once for every token, answered before Fastify sees them. Fastify has their routes too,
 * for the OpenAPI document and for injected requests. Both ways run the same function.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { BEAM_ROUTE } from "../../schemas/openapi/beam-routes.ts";
import { BATCH_ROUTE, SAMPLE_ROUTE } from "../../schemas/openapi/routes.ts";
import { INFER_ROUTE } from "../../schemas/openapi/v2-routes.ts";
import { VERIFY_BATCH_ROUTE, VERIFY_ROUTE } from "../../schemas/openapi/verify-routes.ts";
import { MODEL } from "../../schemas/v2.ts";
import { countedAnswers } from "../admission/unsent.ts";
import { answerStep } from "../exchange/answer-step.ts";
import { Exchange } from "../exchange/exchange.ts";
import { connectionFailed } from "../exchange/problems.ts";
import type { Service } from "../exchange/service.ts";
import { type ConnectionsHost, serverInPlace } from "../node/connections.ts";
import type { RouteCounters } from "../observe/counters.ts";
import { answerBatch } from "./batch.ts";
import { answerBeam } from "./beam.ts";
import { answerInfer } from "./v2/infer.ts";
import { answerVerify, answerVerifyBatch } from "./verify.ts";

interface HotRoute {
  readonly schema: FastifySchema;
  answer(exchange: Exchange): void;
}

const MODEL_PATH = `/v2/models/${MODEL.name}`;

const ROUTES: Readonly<Record<string, HotRoute>> = {
  "/v1/sample": { schema: SAMPLE_ROUTE, answer: answerStep },
  "/v1/sample/batch": { schema: BATCH_ROUTE, answer: answerBatch },
  "/v1/beam": { schema: BEAM_ROUTE, answer: answerBeam },
  "/v1/verify": { schema: VERIFY_ROUTE, answer: answerVerify },
  "/v1/verify/batch": { schema: VERIFY_BATCH_ROUTE, answer: answerVerifyBatch },
  [`${MODEL_PATH}/infer`]: { schema: INFER_ROUTE, answer: answerInfer },
  [`${MODEL_PATH}/versions/${MODEL.version}/infer`]: {
    schema: { ...INFER_ROUTE, hide: true },
    answer: answerInfer,
  },
};

type Answer = (raw: IncomingMessage, response: ServerResponse) => void;

/** Answers a request: on a hot route at once, on any other by `handler`. */
function answerAny(service: Service, handler: Answer): Answer {
  const hot = new Map(Object.keys(ROUTES).map((path) => [path, routeOf(service, path)]));
  return (raw, response) => {
    const { method, url = "" } = raw;
    const mark = url.indexOf("?");
    const route = method === "POST" ? hot.get(mark < 0 ? url : url.slice(0, mark)) : undefined;
    if (route === undefined) handler(raw, response);
    else route.answer(new Exchange(service, route.counters, raw, response));
  };
}

interface CountedRoute {
  readonly counters: RouteCounters;
  readonly answer: HotRoute["answer"];
}

function routeOf(service: Service, path: string): CountedRoute {
  const { answer } = ROUTES[path] as HotRoute; // path is one of its keys
  return { counters: service.lifecycle.route("POST", path), answer };
}

/** The server: requests of hot routes are answered here, all others by `handler`. */
export function hotServer(service: Service, handler: Answer): Server {
  const { limits } = service.config;
  const answer = answerAny(service, handler);
  const options = {
    // Node times the head only. The ticket times the body, because a stream may last.
    headersTimeout: limits.headers_timeout_ms,
    requestTimeout: 0,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: limits.keep_alive_timeout_ms,
    ServerResponse: countedAnswers(service.admission),
  };
  return serverInPlace(options, connectionsHost(service), answer);
}

function connectionsHost(service: Service): ConnectionsHost {
  return {
    scratch: service.sampler.arrivals,
    answers_max: service.config.limits.connection_answers_max,
    hold(bytes) {
      const ticket = service.admission.enter();
      try {
        ticket.hold(bytes);
      } catch (error) {
        ticket.leave();
        throw error;
      }
      return () => ticket.leave();
    },
    failed: (error) => connectionFailed(service, error),
  };
}

/** Adds the hot routes with this prefix to Fastify's. */
export function addHotRoutes(app: FastifyInstance, service: Service, prefix: "/v1/" | "/v2/"): void {
  for (const [path, { schema }] of Object.entries(ROUTES)) {
    if (!path.startsWith(prefix)) continue;
    const route = routeOf(service, path);
    // In a hook: Fastify would check the body's type before it calls a handler.
    const onRequest = (request: FastifyRequest, reply: FastifyReply) => {
      reply.hijack();
      route.answer(new Exchange(service, route.counters, request.raw, reply.raw));
    };
    app.post(path, { schema, config: { hot: true }, onRequest }, (_request, reply) => reply);
  }
}
