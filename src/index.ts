/** The library: the streaming sampler and its parts, usable in Node and in browsers. */
export * from "./analysis/index.ts";
export { Problem, type ProblemCode } from "./errors.ts";
export type { Dtype } from "./kernels/dtypes.ts";
export type { Row } from "./kernels/kernel.ts";
export {
  type BeamLogits,
  type BeamStepOptions,
  beamStep,
  createSampler,
  type LibraryStream,
  type Logits,
  openStream,
  SAMPLER_DEFAULTS,
  type SampleOptions,
  type Sampler,
} from "./library.ts";
export { BEAM_RULES } from "./sampling/beam/index.ts";
export type { BeamRule, Search } from "./sampling/beam/rule.ts";
export type { BeamStep } from "./sampling/beam/search.ts";
export { WatermarkReader } from "./sampling/draw/watermark/detect.ts";
export { type WatermarkKeys, watermarkKeys } from "./sampling/draw/watermark/keys.ts";
export { parseStepOptions, STEP_OPTIONS } from "./sampling/options/step-options.ts";
export { PRESETS, type Preset } from "./sampling/presets/index.ts";
export type { Sampled } from "./sampling/report/report.ts";
export type { TokenLogprob } from "./sampling/report/token-logprob.ts";
export { type Resampled, resample } from "./sampling/resample.ts";
export type { LogitsRow, SparseRow } from "./sampling/rows.ts";
export type { Stage, StageOptions } from "./sampling/stage.ts";
export { STAGES } from "./sampling/stages/index.ts";
export type { StepOptions } from "./sampling/step.ts";
export { VERIFY_METHODS } from "./sampling/verify/index.ts";
export type { MethodOptions, VerifyMethod } from "./sampling/verify/method.ts";
export { parseVerifyOptions, type VerifyOptions } from "./sampling/verify/options.ts";
export { type Verified, verifyDraft } from "./sampling/verify/verify.ts";
export type { PlacedRows } from "./sampling/verify/walk.ts";
export { demoVocabulary } from "./vocabulary/demo.ts";
export { tokensOfGguf } from "./vocabulary/gguf.ts";
export { tokensOfTiktoken } from "./vocabulary/tiktoken.ts";
export { tokensOfTokenizerJson } from "./vocabulary/tokenizer-json.ts";
export { type Vocabularies, vocabulariesOf } from "./vocabulary/vocabularies.ts";
export { createVocabulary, type TokenList, type Vocabulary } from "./vocabulary/vocabulary.ts";
