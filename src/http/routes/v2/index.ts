/** The Open Inference Protocol, which Triton's and KServe's clients use. */
import type { FastifyInstance } from "fastify";
import type { Bus } from "../../bus/bus.ts";
import { useJsonType } from "../../exchange/json-type.ts";
import type { Service } from "../../exchange/service.ts";
import { addHotRoutes } from "../hot.ts";
import { addModel } from "./model.ts";
import { addRegions } from "./regions.ts";
import type { SharedRegions } from "./shared-regions.ts";
import { addUnsupported } from "./unsupported.ts";

export function addV2(
  app: FastifyInstance,
  service: Service,
  bus: Bus,
  regions: SharedRegions | undefined,
): void {
  useJsonType(app);
  addModel(app, service, bus);
  addHotRoutes(app, service, "/v2/");
  addRegions(app, service, regions);
  addUnsupported(app);
}
