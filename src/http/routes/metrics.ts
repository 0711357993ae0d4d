/** GET /metrics: the counters of all workers in Prometheus' format. */
import type { FastifyInstance } from "fastify";
import { VERSION } from "../../config/version.ts";
import { METRICS_ROUTE } from "../../schemas/openapi/routes.ts";
import type { Bus } from "../bus/bus.ts";
import type { Service } from "../exchange/service.ts";
import { createMetrics, METRICS_TYPE, metricsText, type WorkerMetrics } from "../observe/metrics.ts";

const TOPIC = "metrics";

export function addMetrics(app: FastifyInstance, service: Service, bus: Bus): void {
  if (service.config.metrics === "off") return;
  const own = createMetrics(service, VERSION);
  bus.answer(TOPIC, own);
  app.get("/metrics", { schema: METRICS_ROUTE }, async (_request, reply) => {
    const { replies, workers } = await bus.ask(TOPIC, null);
    // Workers of one service run one program: their replies are what createMetrics makes.
    const text = await metricsText(replies as WorkerMetrics[], workers);
    return reply.header("content-type", METRICS_TYPE).send(text);
  });
}
