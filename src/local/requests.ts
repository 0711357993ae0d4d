/**
 * The calls of the service without its connections: a body is read by the service's own readers, and the reply has the bytes
 * that the service would send. Rows are answered as they arrive, so a batch of any size needs the memory of one row.
 */
import type { RowReader } from "../analysis/row-reader.ts";
import { baselineTask } from "../analysis/tasks/baseline.ts";
import { calibrateTask } from "../analysis/tasks/calibrate.ts";
import { diagnoseTask } from "../analysis/tasks/diagnose.ts";
import { probabilitiesTask } from "../analysis/tasks/probabilities.ts";
import { scaledTask } from "../analysis/tasks/scaled.ts";
import { scoreTask } from "../analysis/tasks/score.ts";
import type { Task, TaskContext, TaskRow } from "../analysis/tasks/task.ts";
import { assert, Problem } from "../errors.ts";
import { allAtOnce } from "../pieces.ts";
import { BeamWalk } from "../sampling/beam/search.ts";
import { compareRow } from "../sampling/compare/compare.ts";
import { type ComparisonOptions, parseComparison } from "../sampling/compare/options.ts";
import { WatermarkReader } from "../sampling/draw/watermark/detect.ts";
import { requireKey, type WatermarkKeys } from "../sampling/draw/watermark/keys.ts";
import { parseReplay, type ReplayOptions, ReplayTotals, replay } from "../sampling/replay.ts";
import { resample } from "../sampling/resample.ts";
import type { LogitsRow } from "../sampling/rows.ts";
import type { Sampler } from "../sampling/sampler.ts";
import { chainScore, parseScoreChain } from "../sampling/score-chain.ts";
import { commonReply } from "../sampling/verify/common-reply.ts";
import { verifyInPieces } from "../sampling/verify/verify.ts";
import {
  parseBaseline,
  parseCalibrate,
  parseDiagnose,
  parseProbabilities,
  parseScore,
} from "../schemas/analysis-options.ts";
import { parseCommonRequest } from "../schemas/common-tokens.ts";
import { parseGrammarRequest } from "../schemas/grammar.ts";
import { parseDetect } from "../schemas/watermark.ts";
import { openAnalysisJson } from "../wire/analysis/json.ts";
import type { AnalysisHead, AnalysisReader } from "../wire/analysis/reader.ts";
import { openAnalysisTensor } from "../wire/analysis/tensor.ts";
import { openBatchJson, openBatchTensor } from "../wire/batch-body.ts";
import { type BeamReader, openBeamJson, openBeamTensor } from "../wire/beam-body.ts";
import { TextPieces, WrittenList, writeInPieces } from "../wire/json/pieces.ts";
import { openJsonBody, refuseTensor } from "../wire/json-body.ts";
import { BATCH_TEXT, writeBeams, writeProblem, writeSampled, writeVerified } from "../wire/reply.ts";
import { openStepJson, openStepTensor } from "../wire/step-body.ts";
import type { BodyReader, Step, StepReader, WireContext } from "../wire/step-reader.ts";
import { openVerifyJson, openVerifyTensor } from "../wire/verify/body.ts";
import type { VerifyCall, VerifyReader } from "../wire/verify/calls.ts";

/** The arguments of every call. */
export interface Parts {
  readonly sampler: Sampler;
  readonly keys: WatermarkKeys;
  readonly reader: () => RowReader;
  readonly context: WireContext;
  readonly analysis_rows_max: number;
}

/** The form of a body: JSON, or a tensor after a JSON header of this many bytes. */
export type Form = "json" | { readonly header_bytes: number };

/** A call whose body is arriving. */
export interface Call {
  readonly reader: BodyReader;
  /** Answers the complete steps of the body. */
  advance(): void;
  /** The text of the reply, once the body has ended. */
  reply(): string;
}

const QUERY = {};

/** By name: the path after /v1/. */
export const CALLS: Readonly<Record<string, (form: Form, parts: Parts) => Call>> = {
  sample: (form, parts) => {
    const reader = openStep(form, parts.context);
    return atTheEnd(reader, () => {
      const { rows, options } = stepOf(reader);
      return writeSampled(parts.sampler.sample(rows, options));
    });
  },
  "sample/batch": (form, parts) => rowByRow(openBatch(form, parts.context), sampleEach(parts), batchText),
  verify: (form, parts) => verifyCall(form, parts, false),
  "verify/batch": (form, parts) => verifyCall(form, parts, true),
  beam: beamCall,
  resample: (form, { context }) => {
    if (form !== "json") return refuseTensor();
    const reader = openJsonBody(context);
    return atTheEnd(reader, () => JSON.stringify(resample(reader.value)));
  },
  "vocabularies/common": (form, { sampler, context }) => {
    if (form !== "json") return refuseTensor();
    const reader = openJsonBody(context);
    return atTheEnd(reader, () =>
      JSON.stringify(commonReply(parseCommonRequest(reader.value), sampler.vocabularies)),
    );
  },
  replay: (form, parts) => {
    const totals = new ReplayTotals();
    const reader = openBatch(form, { ...parts.context, parse: parseReplay });
    const each = ({ rows, options }: Step) => {
      const asked = options as ReplayOptions; // parseReplay made them
      const result = allAtOnce(parts.sampler.inspect(rows, asked, (left) => replay(left, asked)));
      totals.add(result, asked.claim);
      return JSON.stringify(result);
    };
    return rowByRow(
      reader,
      each,
      (texts) => `{"results":[${texts.join(",")}],"totals":${JSON.stringify(totals.told)}}`,
    );
  },
  compare: (form, parts) => {
    const reader = openStep(form, { ...parts.context, parse: parseComparison, step_rows_max: 1 });
    return atTheEnd(reader, () => {
      const { rows, options } = stepOf(reader);
      // Its context allows no second row, and parseComparison made the options.
      const comparing = compareRow(
        parts.sampler,
        rows[0] as LogitsRow,
        options as ComparisonOptions,
        Number.POSITIVE_INFINITY,
      );
      return JSON.stringify(allAtOnce(comparing));
    });
  },
  "watermark/detect": detectCall,
  grammar: grammarCall,
  probabilities: (form, parts) =>
    analysisCall(form, parts, (head) => {
      const { options, temperature, scaling } = parseProbabilities(head.options);
      const own = { ...options, without_lists: false, values_max: Number.POSITIVE_INFINITY };
      return scaledTask(taskContext(parts, head, temperature), scaling, (context) =>
        probabilitiesTask(context, own),
      );
    }),
  score: (form, parts) =>
    analysisCall(form, parts, (head) => {
      const { options, temperature, scaling } = parseScore(head.options);
      const { labels, sampling } = options;
      const under = sampling === undefined ? undefined : scoredUnder(parts, sampling);
      return scaledTask(taskContext(parts, head, temperature), scaling, (context) =>
        scoreTask(context, { labels, under }),
      );
    }),
  diagnose: (form, parts) =>
    analysisCall(form, parts, (head) => {
      const { options, temperature, scaling } = parseDiagnose(head.options);
      return scaledTask(taskContext(parts, head, temperature), scaling, (context) =>
        diagnoseTask(context, options),
      );
    }),
  calibrate: (form, parts) =>
    analysisCall(form, parts, (head) =>
      calibrateTask(taskContext(parts, head, 1), parseCalibrate(head.options)),
    ),
  baseline: (form, parts) =>
    analysisCall(form, parts, (head) => {
      const { options, temperature } = parseBaseline(head.options);
      return baselineTask(taskContext(parts, head, temperature), options);
    }),
};

function openStep(form: Form, context: WireContext): StepReader {
  return form === "json" ? openStepJson(context) : openStepTensor({ ...form, query: QUERY }, context);
}

function openBatch(form: Form, context: WireContext): StepReader {
  return form === "json" ? openBatchJson(context) : openBatchTensor({ ...form, query: QUERY }, context);
}

function stepOf(reader: StepReader): Step {
  const step = reader.next();
  assert(step !== undefined, "a body that ended well has its step");
  if (step instanceof Problem) throw step;
  return step;
}

function atTheEnd(reader: BodyReader, reply: () => string): Call {
  return { reader, advance: () => undefined, reply };
}

/** Each row has its reply or its problem in its place. */
function rowByRow(
  reader: StepReader,
  each: (step: Step) => string,
  whole: (texts: readonly string[]) => string,
): Call {
  const texts: string[] = [];
  const answer = (step: Step | Problem) => {
    if (step instanceof Problem) return writeProblem(step, "");
    try {
      return each(step);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return writeProblem(step.place?.(error) ?? error, "");
    }
  };
  const advance = () => {
    for (let step = reader.next(); step !== undefined; step = reader.next()) texts.push(answer(step));
  };
  return { reader, advance, reply: () => whole(texts) };
}

function sampleEach({ sampler }: Parts) {
  return ({ rows, options }: Step) => writeSampled(sampler.sample(rows, options));
}

function batchText(texts: readonly string[]): string {
  return BATCH_TEXT.begin + texts.join(BATCH_TEXT.between) + BATCH_TEXT.end;
}

function verifyCall(form: Form, parts: Parts, many: boolean): Call {
  const { context } = parts;
  const reader: VerifyReader =
    form === "json"
      ? openVerifyJson(many, context)
      : openVerifyTensor(many, { ...form, query: QUERY }, context);
  const drafts = new Drafts(reader, parts, many);
  return { reader, advance: () => drafts.advance(), reply: () => drafts.text() };
}

/** A call whose pieces are running. */
interface UnderWay {
  readonly pieces: ReturnType<typeof verifyInPieces>;
  readonly place: VerifyCall["place"];
}

/** Answers the calls of a body as their rows arrive. */
class Drafts {
  readonly #reader: VerifyReader;
  readonly #parts: Parts;
  readonly #many: boolean;
  readonly #texts: string[] = [];
  #under_way: UnderWay | undefined;

  constructor(reader: VerifyReader, parts: Parts, many: boolean) {
    this.#reader = reader;
    this.#parts = parts;
    this.#many = many;
  }

  advance(): void {
    for (;;) {
      if (this.#under_way === undefined && !this.#begin()) return;
      if (this.#under_way !== undefined && !this.#goOn(this.#under_way)) return;
    }
  }

  text(): string {
    return this.#many ? batchText(this.#texts) : (this.#texts[0] ?? "");
  }

  /** False when there is no complete call. */
  #begin(): boolean {
    const call = this.#reader.next();
    if (call === undefined) return false;
    if (call instanceof Problem) {
      this.#failed(call);
      return true;
    }
    const { sampler, context } = this.#parts;
    const pieces = verifyInPieces(sampler, call.rows, call.options, context.limits.options);
    this.#under_way = { pieces, place: call.place };
    return true;
  }

  /** False when rows must arrive first. */
  #goOn({ pieces, place }: UnderWay): boolean {
    try {
      for (let piece = pieces.next(); ; piece = pieces.next()) {
        if (piece.done === true) {
          this.#texts.push(writeVerified(piece.value));
          break;
        }
        if (piece.value === "arriving") return false;
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#failed(place(error));
    }
    this.#under_way = undefined;
    return true;
  }

  #failed(problem: Problem): void {
    this.#under_way = undefined;
    if (!this.#many) throw problem;
    this.#texts.push(writeProblem(problem, ""));
  }
}

/** Rows are processed as they arrive. */
function beamCall(form: Form, { sampler, context }: Parts): Call {
  const reader: BeamReader =
    form === "json" ? openBeamJson(context) : openBeamTensor({ ...form, query: QUERY }, context);
  let walk: BeamWalk | undefined;
  const advance = () => {
    for (let step = reader.next(); step !== undefined; step = reader.next()) {
      assert(reader.plan !== undefined, "rows come behind the head of a body");
      walk ??= new BeamWalk(reader.plan.call);
      try {
        allAtOnce(walk.row(sampler, step.rows, step.options));
      } catch (error) {
        throw error instanceof Problem ? (step.place?.(error) ?? error) : error;
      }
    }
  };
  const reply = () => {
    assert(walk !== undefined, "a body that ended well has its rows");
    return writeBeams(walk.end());
  };
  return { reader, advance, reply };
}

function detectCall(form: Form, { keys, context, analysis_rows_max }: Parts): Call {
  if (form !== "json") return refuseTensor();
  const reader = openJsonBody(context);
  return atTheEnd(reader, () => {
    const asked = parseDetect(reader.value, { ...context.limits.options, analysis_rows_max });
    const { scheme, options, texts, single, vocab_size, values, repeats } = asked;
    const detector = scheme.detector(options, requireKey(keys, options.key, "/key"), vocab_size);
    const looking = new WatermarkReader(detector, scheme.context(options), repeats);
    const results = texts.map((text) => allAtOnce(looking.pieces(text, values)));
    return JSON.stringify(single ? results[0] : { results });
  });
}

function grammarCall(form: Form, { sampler, context }: Parts): Call {
  if (form !== "json") return refuseTensor();
  const reader = openJsonBody(context);
  return atTheEnd(reader, () =>
    JSON.stringify(allAtOnce(sampler.inspectGrammar(parseGrammarRequest(reader.value)))),
  );
}

function analysisCall(form: Form, parts: Parts, begin: (head: AnalysisHead) => Task): Call {
  const { limits } = parts.context;
  const context = { ...parts.context, limits: { ...limits, batch_rows_max: parts.analysis_rows_max } };
  const reader: AnalysisReader =
    form === "json" ? openAnalysisJson(context) : openAnalysisTensor({ ...form, query: QUERY }, context);
  let task: Task | undefined;
  const advance = () => {
    if (reader.plan === undefined) return;
    task ??= begin(reader.plan.head);
    for (let row = reader.next(); row !== undefined; row = reader.next())
      try {
        task.take(row);
      } catch (error) {
        throw error instanceof Problem ? row.place(error) : error;
      }
  };
  const reply = () => {
    assert(task !== undefined, "a body that ended well has its head");
    const text = new TextPieces();
    allAtOnce(writeInPieces(allAtOnce(task.finish()), text));
    const all = text.all();
    return typeof all === "string" ? all : all.map((bytes) => bytes.toString()).join("");
  };
  return { reader, advance, reply };
}

function taskContext({ reader }: Parts, head: AnalysisHead, temperature: number): TaskContext {
  const { single, values_expected } = head;
  return {
    reader: reader(),
    single,
    values_expected,
    inverse_temperature: 1 / temperature,
    results: new WrittenList(),
  };
}

/** Runs the chain on each row, which is copied into a row of the kernel. */
function scoredUnder({ sampler, context }: Parts, sampling: unknown) {
  const options = parseScoreChain(sampling, context.limits.options, "/sampling");
  return ({ values, unscaled = values, tail }: TaskRow, target: number) => {
    if (tail !== undefined)
      throw new Problem("option_conflict", "sampling needs whole rows, got a sparse one", "/logits");
    if (values.length === 1)
      throw new Problem("option_conflict", "sampling needs rows of at least 2 logits, got 1", "/sampling");
    const row = context.lease();
    row.load(unscaled);
    row.finish();
    return allAtOnce(sampler.inspect(row, options, (left) => chainScore(left, target)));
  };
}
