/** The HTTP application: every plugin and every route, in order. It is built, not started; tests inject into it. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type FastifyInstance, type FastifyServerOptions, fastify, LogController } from "fastify";
import type { Config } from "./config.ts";
import { addAnalysis } from "./http/analysis.ts";
import { addDocs, addOpenApi } from "./http/openapi.ts";
import { addProblems, answerMalformed, sendProblem } from "./http/problems.ts";
import { addBatch } from "./http/routes/batch.ts";
import { addCompare } from "./http/routes/compare.ts";
import { addHealth } from "./http/routes/health.ts";
import { addPlayground } from "./http/routes/playground.ts";
import { addPresets } from "./http/routes/presets.ts";
import { addSample } from "./http/routes/sample.ts";
import { addSamplers } from "./http/routes/samplers.ts";
import { addStream } from "./http/routes/stream.ts";
import { addStreamWebSocket } from "./http/routes/stream-websocket.ts";
import { createService, type Service } from "./http/service.ts";
import type { Sampler } from "./sampling/sampler.ts";

export interface AppParts {
  readonly config: Config;
  readonly sampler: Sampler;
  readonly logger?: FastifyServerOptions["loggerInstance"];
}

export interface App {
  readonly server: FastifyInstance;
  readonly service: Service;
}

export async function buildApp({ config, sampler, logger }: AppParts): Promise<App> {
  const { limits } = config;
  const app = fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    // Two lines a request would cost more than a small step; problems are logged where they are answered.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    // The head must come soon; the body has a timer of its own, for streams have none.
    http: { headersTimeout: limits.headers_timeout_ms, requestTimeout: 0, connectionsCheckingInterval: 1000 },
    keepAliveTimeout: limits.keep_alive_timeout_ms,
    // Idle connections end at once when the server closes; requests under way are answered.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    clientErrorHandler: answerMalformed,
    frameworkErrors: sendProblem,
    routerOptions: { querystringParser: () => ({}) },
  });
  const service = createService(config, sampler);

  // Bodies are read by the routes, byte by byte, whatever their type: nothing is parsed here.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  // Schemas on routes are for the OpenAPI document; the wire checks requests itself.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    if (service.admission.draining) reply.header("connection", "close");
    done();
  });
  addProblems(app);

  await addOpenApi(app);
  addSample(app, service);
  addBatch(app, service);
  addStream(app, service);
  await addStreamWebSocket(app, service);
  addSamplers(app);
  addPresets(app);
  addCompare(app, service);
  addAnalysis(app, service);
  addHealth(app, service);
  await addDocs(app);
  await addPlayground(app);
  return { server: app, service };
}

/** The client's own X-Request-Id when it is fit to be logged, or the process's random name and a count. */
function requestIds(): (raw: IncomingMessage) => string {
  const name = randomBytes(4).toString("hex");
  let count = 0;
  return ({ headers }) => {
    const given = headers["x-request-id"];
    if (typeof given === "string" && /^[\x21-\x7e]{1,128}$/.test(given)) return given;
    count += 1;
    return `${name}-${count.toString(36)}`;
  };
}
