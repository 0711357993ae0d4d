/** The named schemas of the OpenAPI document, made from the zod schemas and from the stages. */
import { RULES } from "../../sampling/combine/index.ts";
import { STAGES } from "../../sampling/stages/index.ts";
import { BASELINE, CONFORMAL } from "../analysis.ts";
import { ANALYSIS_REPLIES } from "../analysis-replies.ts";
import { ANALYSIS_REQUESTS } from "../analysis-requests.ts";
import { BEAM_REPLY, BEAM_REQUEST, RESAMPLE_REPLY, RESAMPLE_REQUEST } from "../beam.ts";
import { COMMON_REPLY, COMMON_REQUEST } from "../common-tokens.ts";
import { COMPARE_REPLY, COMPARE_REQUEST, PRESETS_REPLY } from "../compare.ts";
import { GRAMMAR_REPLY, GRAMMAR_REQUEST } from "../grammar.ts";
import { LOGIT_REPLY } from "../logit.ts";
import type { JsonSchema } from "../options.ts";
import { REPLAY_REPLY, REPLAY_REQUEST } from "../replay.ts";
import { BATCH_REPLY, CATALOGUE, COMBINATIONS, HEALTH, PROBLEM, STEP_REPLY } from "../replies.ts";
import { BATCH_REQUEST, STEP_REQUEST } from "../requests.ts";
import { DENSE_ROW, PACKED_ROW, SPARSE_ROW } from "../row.ts";
import {
  INFER_REPLY,
  INFER_REQUEST,
  MODEL_METADATA,
  REGION,
  REGION_REQUEST,
  SERVER_METADATA,
  V2_ERROR,
} from "../v2.ts";
import { VERIFY_BATCH_REPLY, VERIFY_BATCH_REQUEST, VERIFY_REPLY, VERIFY_REQUEST } from "../verify.ts";
import { VOCABULARIES_REPLY } from "../vocabularies.ts";
import { DETECT_REPLY, DETECT_REQUEST } from "../watermark.ts";
import { withSharedOptions } from "./shared-options.ts";
import { toldComponentsOf, toldSchemaOf } from "./told.ts";

const REQUESTS = {
  StepRequest: STEP_REQUEST,
  BatchRequest: BATCH_REQUEST,
  DenseRow: DENSE_ROW,
  PackedRow: PACKED_ROW,
  SparseRow: SPARSE_ROW,
  CompareRequest: COMPARE_REQUEST,
  BeamRequest: BEAM_REQUEST,
  ResampleRequest: RESAMPLE_REQUEST,
  VerifyRequest: VERIFY_REQUEST,
  VerifyBatchRequest: VERIFY_BATCH_REQUEST,
  DetectRequest: DETECT_REQUEST,
  CommonRequest: COMMON_REQUEST,
  GrammarRequest: GRAMMAR_REQUEST,
  ReplayRequest: REPLAY_REQUEST,
  InferRequest: INFER_REQUEST,
  RegionRequest: REGION_REQUEST,
  ...ANALYSIS_REQUESTS,
  Baseline: BASELINE,
  Conformal: CONFORMAL,
  ...Object.fromEntries(STAGES.map(({ name, options }) => [stageComponent(name), options])),
};

const REPLIES = {
  StepReply: STEP_REPLY,
  BatchReply: BATCH_REPLY,
  Catalogue: CATALOGUE,
  Combinations: COMBINATIONS,
  Presets: PRESETS_REPLY,
  Vocabularies: VOCABULARIES_REPLY,
  CompareReply: COMPARE_REPLY,
  BeamReply: BEAM_REPLY,
  ResampleReply: RESAMPLE_REPLY,
  VerifyReply: VERIFY_REPLY,
  VerifyBatchReply: VERIFY_BATCH_REPLY,
  DetectReply: DETECT_REPLY,
  CommonReply: COMMON_REPLY,
  GrammarReply: GRAMMAR_REPLY,
  ReplayReply: REPLAY_REPLY,
  Health: HEALTH,
  LogitReply: LOGIT_REPLY,
  ...ANALYSIS_REPLIES,
  Baseline: BASELINE,
  Conformal: CONFORMAL,
  InferReply: INFER_REPLY,
  ServerMetadata: SERVER_METADATA,
  ModelMetadata: MODEL_METADATA,
  Region: REGION,
  InferError: V2_ERROR,
  Problem: PROBLEM,
};

/** Names of the schemas. The names of stages' schemas are derived from the stages' names. */
export type ComponentName =
  | keyof typeof REQUESTS
  | keyof typeof REPLIES
  | "Stage"
  | "Combination"
  | `Stage_${string}`;

/** A reference to a named schema. */
export function refTo(name: ComponentName): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** All of them, by name. They are made once in a process; each caller has a copy of its own. */
export function componentSchemas(): Record<string, JsonSchema> {
  made ??= makeSchemas();
  return structuredClone(made);
}

let made: Record<string, JsonSchema> | undefined;

function makeSchemas(): Record<string, JsonSchema> {
  const schemas = {
    ...toldComponentsOf(REQUESTS, "input"),
    Stage: stageUnion(),
    Combination: combinationUnion(),
    ...toldComponentsOf(REPLIES, "output"),
  };
  const complete = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withStages(schema)]),
  );
  return withSharedOptions(complete, ["StepRequest", "BatchRequest"]);
}

/** A stage in a chain is one of the stages; its name says which. */
function stageUnion(): JsonSchema {
  const names = STAGES.map(({ name }) => name);
  return {
    description: "One stage of a chain.",
    oneOf: names.map((name) => refTo(stageComponent(name))),
    discriminator: {
      propertyName: "stage",
      mapping: Object.fromEntries(names.map((name) => [name, refTo(stageComponent(name))["$ref"]])),
    },
  };
}

/** A combination is one of the rules, with the masking stages that run before. */
function combinationUnion(): JsonSchema {
  const rules = RULES.map(({ options }) => {
    const schema = toldSchemaOf(options);
    const before = { type: "array", items: refTo("Stage") };
    return { ...schema, properties: { ...(schema["properties"] as Record<string, JsonSchema>), before } };
  });
  return {
    description:
      "How the rows of several sources become one. `before`: stages that only mask tokens, run on each source.",
    oneOf: rules,
  };
}

function stageComponent<Name extends string>(name: Name) {
  return `Stage_${name}` as const;
}

/** Replaces the items of a `chain` by the stages, and a `combine` by the rules. */
export function withStages(schema: JsonSchema): JsonSchema {
  const properties = schema["properties"] as Record<string, JsonSchema> | undefined; // an object schema has properties
  const chain = properties?.["chain"];
  if (properties === undefined || chain === undefined) return schema;
  const combine = properties["combine"] && refTo("Combination");
  return {
    ...schema,
    properties: { ...properties, chain: { ...chain, items: refTo("Stage") }, ...(combine && { combine }) },
  };
}
