/** The HTTP application: every plugin and every route, in order. It is built, not started; tests inject into it. */
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Config } from "./config/config.ts";
import { type Bus, createLocalBus } from "./http/bus/bus.ts";
import { addLifecycle } from "./http/exchange/fastify-lifecycle.ts";
import { addProblems, answerMalformed, connectionFailed, sendProblem } from "./http/exchange/problems.ts";
import { createService, type Service } from "./http/exchange/service.ts";
import type { Tracing } from "./http/observe/telemetry.ts";
import { addDocs } from "./http/pages/docs/docs.ts";
import { addPages } from "./http/pages/headers.ts";
import { addOpenApi } from "./http/pages/openapi.ts";
import { addPlayground } from "./http/pages/playground.ts";
import { addAnalysis } from "./http/routes/analysis/routes.ts";
import { addCombinations } from "./http/routes/combinations.ts";
import { addCommonTokens } from "./http/routes/common-tokens.ts";
import { addCompare } from "./http/routes/compare.ts";
import { addDetect } from "./http/routes/detect.ts";
import { addGrammar } from "./http/routes/grammar.ts";
import { addHealth } from "./http/routes/health.ts";
import { addHotRoutes, hotServer } from "./http/routes/hot.ts";
import { addMetrics } from "./http/routes/metrics.ts";
import { addPresets } from "./http/routes/presets.ts";
import { addReplay } from "./http/routes/replay.ts";
import { addResample } from "./http/routes/resample.ts";
import { addSamplers } from "./http/routes/samplers.ts";
import { addStream } from "./http/routes/stream.ts";
import { addStreamWebSocket } from "./http/routes/stream-websocket.ts";
import { addV2 } from "./http/routes/v2/index.ts";
import { SharedRegions } from "./http/routes/v2/shared-regions.ts";
import { addVocabularies } from "./http/routes/vocabularies.ts";
import { takesStream } from "./http/streams/upgrade.ts";
import { answerOffers } from "./http/streams/upgrades.ts";
import type { Sampler } from "./sampling/sampler.ts";

export interface AppParts {
  readonly config: Config;
  readonly sampler: Sampler;
  readonly logger?: FastifyBaseLogger;
  /** to the other workers; without it this process is alone */
  readonly bus?: Bus;
  readonly tracing?: Tracing | undefined;
}

export interface App {
  readonly server: FastifyInstance;
  readonly service: Service;
}

export async function buildApp({
  config,
  sampler,
  logger,
  bus = createLocalBus(),
  tracing,
}: AppParts): Promise<App> {
  const regions = config.shared_memory === "on" ? new SharedRegions(config, bus) : undefined;
  const shared_memory = regions?.memory;
  const service = createService({ config, sampler, log: logger, tracing, shared_memory });
  const app = fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    // Two lines a request would cost more than a small step; the request log writes one when there is something to say.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: service.lifecycle.idOf,
    serverFactory: (handler) => hotServer(service, handler),
    // Idle connections end at once when the server closes; requests in progress are answered.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerMalformed(service, error, socket),
    frameworkErrors: sendProblem,
    routerOptions: { querystringParser: () => ({}) },
  });

  // Bodies are read by the routes, byte by byte, whatever their type: nothing is parsed here.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  // Schemas on routes are for the OpenAPI document; the wire checks requests itself.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  addLifecycle(app, service);
  addProblems(app, service);

  await addOpenApi(app);
  addHotRoutes(app, service, "/v1/");
  addStream(app, service);
  await addStreamWebSocket(app, service);
  answerOffers(app.server, { taken: takesStream(app), failed: (error) => connectionFailed(service, error) });
  addSamplers(app);
  addCombinations(app);
  addPresets(app);
  addVocabularies(app, service);
  addCommonTokens(app, service);
  addCompare(app, service);
  addAnalysis(app, service);
  addDetect(app, service);
  addGrammar(app, service);
  addReplay(app, service);
  addResample(app, service);
  addHealth(app, service);
  addMetrics(app, service, bus);
  addV2(app, service, bus, regions);
  await regions?.fetch();
  await addPages(app, async (pages) => {
    await addDocs(pages);
    await addPlayground(pages);
  });
  return { server: app, service };
}
