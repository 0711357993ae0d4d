/** GET /healthz and /readyz: whether the process is alive, and whether it takes requests. */
import type { FastifyInstance, FastifyReply } from "fastify";
import { HEALTH_ROUTE, READY_ROUTE } from "../../schemas/openapi/routes.ts";
import { RETRY_AFTER_S } from "../admission/admission.ts";
import type { Service } from "../exchange/service.ts";

export function addHealth(app: FastifyInstance, { admission, health }: Service): void {
  app.get("/healthz", { schema: HEALTH_ROUTE }, () => {
    if (health.workers === undefined) return { status: "ok" };
    const { running, silent, replaced } = health.workers;
    return { status: "ok", workers: { running, silent, replaced } };
  });
  app.get("/readyz", { schema: READY_ROUTE }, (_request, reply) => {
    if (admission.draining) return refuse(reply, "draining");
    if (admission.gate.saturated) return refuse(reply, "saturated");
    return { status: "ready" };
  });
}

function refuse(reply: FastifyReply, status: "draining" | "saturated"): FastifyReply {
  return reply.code(503).header("retry-after", RETRY_AFTER_S).send({ status });
}
