/**
 * The hot routes: requests that are worth answering before Fastify sees them, because they come once for every token.
 * Fastify knows their routes as well, for the document and for what is injected; both ways run the same function.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { BATCH_ROUTE, SAMPLE_ROUTE } from "../../schemas/openapi/routes.ts";
import { INFER_ROUTE } from "../../schemas/openapi/v2-routes.ts";
import { MODEL } from "../../schemas/v2.ts";
import { countedAnswers } from "../admission/unsent.ts";
import { Exchange } from "../exchange/exchange.ts";
import { connectionFailed } from "../exchange/problems.ts";
import type { Service } from "../exchange/service.ts";
import { type ConnectionsHost, inOrder, readInPlace } from "../node/connections.ts";
import { answerBatch } from "./batch.ts";
import { answerSample } from "./sample.ts";
import { answerInfer } from "./v2/infer.ts";

interface HotRoute {
  readonly schema: FastifySchema;
  answer(exchange: Exchange): void;
}

const MODEL_PATH = `/v2/models/${MODEL.name}`;

const ROUTES: Readonly<Record<string, HotRoute>> = {
  "/v1/sample": { schema: SAMPLE_ROUTE, answer: answerSample },
  "/v1/sample/batch": { schema: BATCH_ROUTE, answer: answerBatch },
  [`${MODEL_PATH}/infer`]: { schema: INFER_ROUTE, answer: answerInfer },
  [`${MODEL_PATH}/versions/${MODEL.version}/infer`]: {
    schema: { ...INFER_ROUTE, hide: true },
    answer: answerInfer,
  },
};

type Answer = (raw: IncomingMessage, response: ServerResponse) => void;

/** What answers a request of a hot route; undefined for any other. */
function hotAnswers(service: Service): (raw: IncomingMessage) => Answer | undefined {
  const answers = new Map(Object.keys(ROUTES).map((path) => [path, answerOf(service, path)]));
  return ({ method, url = "" }) => {
    if (method !== "POST") return undefined;
    const mark = url.indexOf("?");
    return answers.get(mark < 0 ? url : url.slice(0, mark));
  };
}

/** The server: requests of hot routes are answered here, all others by `handler`. */
export function hotServer(service: Service, handler: Answer): Server {
  const { limits } = service.config;
  const answerOfHot = hotAnswers(service);
  const options = {
    // The head must come soon; the body is timed by its ticket, for streams have no time.
    headersTimeout: limits.headers_timeout_ms,
    requestTimeout: 0,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: limits.keep_alive_timeout_ms,
    ServerResponse: countedAnswers(service.admission),
  };
  const server = createServer(options, (raw, response) =>
    inOrder(raw, response, () => (answerOfHot(raw) ?? handler)(raw, response)),
  );
  readInPlace(server, connectionsHost(service));
  return server;
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

/** Adds the hot routes that begin so to those of Fastify. */
export function addHotRoutes(app: FastifyInstance, service: Service, prefix: "/v1/" | "/v2/"): void {
  for (const [path, { schema }] of Object.entries(ROUTES)) {
    if (!path.startsWith(prefix)) continue;
    const answer = answerOf(service, path);
    // In a hook, since Fastify would look at the body's type before it calls a handler.
    const onRequest = (request: FastifyRequest, reply: FastifyReply) => {
      reply.hijack();
      answer(request.raw, reply.raw);
    };
    app.post(path, { schema, config: { hot: true }, onRequest }, (_request, reply) => reply);
  }
}

function answerOf(service: Service, path: string): Answer {
  const counters = service.lifecycle.route("POST", path);
  const { answer } = ROUTES[path] as HotRoute; // path is one of its keys
  return (raw, response) => answer(new Exchange(service, counters, raw, response));
}
