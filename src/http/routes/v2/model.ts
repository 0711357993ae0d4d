/** The descriptions under /v2: the server, its one model, their health, and their statistics. */
import type { FastifyInstance, FastifyReply } from "fastify";
import { VERSION } from "../../../config/version.ts";
import {
  CONFIG_ROUTE,
  INDEX_ROUTE,
  LIVE_ROUTE,
  MODEL_READY_ROUTE,
  MODEL_ROUTE,
  SERVER_READY_ROUTE,
  SERVER_ROUTE,
  STATISTICS_ROUTE,
} from "../../../schemas/openapi/v2-routes.ts";
import { MODEL } from "../../../schemas/v2.ts";
import { OUTPUT_METADATA } from "../../../wire/v2/outputs.ts";
import { RETRY_AFTER_S } from "../../admission/admission.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Service } from "../../exchange/service.ts";
import { type Statistics, statisticsReply, sumOf } from "../../observe/statistics.ts";

const EXTENSIONS = ["binary_tensor_data", "parameters", "model_configuration", "statistics"];

const METADATA = {
  name: MODEL.name,
  versions: [MODEL.version],
  platform: MODEL.platform,
  // The protocol lists the inputs that a model requires. Options are inputs too, but none is required.
  inputs: [{ name: "logits", datatype: "FP32", shape: [-1, -1] }],
  outputs: OUTPUT_METADATA,
};

const CONFIG = {
  name: MODEL.name,
  platform: MODEL.platform,
  backend: MODEL.platform,
  // The rows are a dimension of the tensors themselves; the server adds none.
  max_batch_size: 0,
  input: METADATA.inputs.map(configured),
  output: METADATA.outputs.map(configured),
};

function configured({ name, datatype, shape }: { name: string; datatype: string; shape: number[] }) {
  return { name, data_type: datatype === "BYTES" ? "TYPE_STRING" : `TYPE_${datatype}`, dims: shape };
}

export function addModel(app: FastifyInstance, service: Service, bus: Bus): void {
  const { admission, shared_memory } = service;
  const extensions = shared_memory === undefined ? EXTENSIONS : [...EXTENSIONS, "system_shared_memory"];
  const ready = () => !admission.draining && !admission.gate.saturated;
  app.get("/v2", { schema: SERVER_ROUTE }, () => ({ name: MODEL.platform, version: VERSION, extensions }));
  app.get("/v2/health/live", { schema: LIVE_ROUTE }, () => ({ live: true }));
  app.get("/v2/health/ready", { schema: SERVER_READY_ROUTE }, (_request, reply) =>
    sendReady(reply, { ready: ready() }),
  );
  addForVersions(app, "", MODEL_ROUTE, () => METADATA);
  addForVersions(app, "/ready", MODEL_READY_ROUTE, (reply) =>
    sendReady(reply, { name: MODEL.name, ready: ready() }),
  );
  addForVersions(app, "/config", CONFIG_ROUTE, () => CONFIG);

  bus.answer(STATISTICS, () => service.inferences);
  const all = async () => {
    const { replies } = await bus.ask(STATISTICS, null);
    return statisticsReply(MODEL, sumOf(replies as Statistics[])); // answered just above
  };
  addForVersions(app, "/stats", STATISTICS_ROUTE, all);
  app.get("/v2/models/stats", { schema: { ...STATISTICS_ROUTE, hide: true } }, all);
  const index = [{ name: MODEL.name, version: MODEL.version, state: "READY", reason: "" }];
  app.post("/v2/repository/index", { schema: INDEX_ROUTE }, () => index);
}

const STATISTICS = "v2.statistics";

/** The same answer with and without the version in the path; the document shows it once. */
function addForVersions(
  app: FastifyInstance,
  path: string,
  schema: object,
  answer: (reply: FastifyReply) => unknown,
): void {
  const model = `/v2/models/${MODEL.name}`;
  app.get(`${model}${path}`, { schema }, (_request, reply) => answer(reply));
  const hidden = { schema: { ...schema, hide: true } };
  app.get(`${model}/versions/${MODEL.version}${path}`, hidden, (_request, reply) => answer(reply));
}

function sendReady(
  reply: FastifyReply,
  body: { readonly name?: string; readonly ready: boolean },
): FastifyReply {
  if (body.ready) return reply.send(body);
  return reply.code(503).header("retry-after", RETRY_AFTER_S).send(body);
}
