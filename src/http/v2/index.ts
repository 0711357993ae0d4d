/** The Open Inference Protocol: what Triton's and KServe's clients speak. */
import type { FastifyInstance } from "fastify";
import type { Bus } from "../processes/bus.ts";
import type { Service } from "../service.ts";
import type { SharedRegions } from "../shared-memory.ts";
import { addInfer } from "./infer.ts";
import { addModel } from "./model.ts";
import { addRegions } from "./regions.ts";
import { noStatistics } from "./statistics.ts";
import { addUnsupported } from "./unsupported.ts";

export function addV2(
  app: FastifyInstance,
  service: Service,
  bus: Bus,
  regions: SharedRegions | undefined,
): void {
  const statistics = noStatistics();
  addModel(app, service, statistics, bus);
  addInfer(app, service, statistics);
  addRegions(app, service, regions);
  addUnsupported(app);
}
