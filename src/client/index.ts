/** The typed client of the service, for Node and browsers. */

export {
  type Count,
  type Engine,
  EngineError,
  type EngineFacts,
  type EngineSettings,
  engine,
  logitsOf,
  type NextRow,
  type PartOfRow,
} from "../engines/index.ts";
export type { Sampled } from "../sampling/report/report.ts";
export type { Verified } from "../sampling/verify/verify.ts";
export type {
  AnalysisCalls,
  AnalysisRow,
  CompareOptions,
  GrammarQuestion,
  RowsCall,
  SetCall,
} from "./analysis.ts";
export type * from "./analysis-types.ts";
export type { BeamOptions, ResampleOptions } from "./beam.ts";
export { connect, type SamplerClient } from "./client.ts";
export type { CallOptions, ClientOptions } from "./http.ts";
export type { StepRequestOptions } from "./options.ts";
export type { BatchRow } from "./posts.ts";
export { ServiceProblem } from "./problem.ts";
export type { Logits, PackedLogits, SparseLogits } from "./row.ts";
export type {
  ClientStream,
  OptionChanges,
  StreamOptions,
  StreamSearchFields,
  StreamTransport,
} from "./stream.ts";
export type { VerifyOptions, VerifySequence } from "./verify.ts";
export type { WebSocketClass, WebSocketLike } from "./websocket.ts";
