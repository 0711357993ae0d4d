/**
 * The sampler's library in a worker. The service's own readers parse the bodies, which are answered one after another.
 */
import { logisticPair } from "../../../../src/analysis/logistic.ts";
import { createKernelReader, type RowReader } from "../../../../src/analysis/row-reader.ts";
import { Problem } from "../../../../src/errors.ts";
import type { Row } from "../../../../src/kernels/kernel.ts";
import { CALLS, type Parts } from "../../../../src/local/requests.ts";
import { watermarkKeys } from "../../../../src/sampling/draw/watermark/keys.ts";
import { DEFAULT_OPTION_LIMITS } from "../../../../src/sampling/options/option-limits.ts";
import { createSampler } from "../../../../src/sampling/sampler.ts";
import { demoVocabulary } from "../../../../src/vocabulary/demo.ts";
import { vocabulariesOf } from "../../../../src/vocabulary/vocabularies.ts";
import { writeProblem } from "../../../../src/wire/reply.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

const VOCAB_SIZE_MAX = 262_144;
const ROWS_MAX = 8;
const ROWS_OF_ANALYSIS_MAX = 65_536;
const TEXT_BYTES_MAX = 8 * 1024 * 1024;

let parts: Parts | undefined;

function partsOfLibrary(): Parts {
  const keys = watermarkKeys({});
  const vocabularies = vocabulariesOf([demoVocabulary()]);
  const sampler = createSampler({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: ROWS_MAX }, undefined, {
    keys,
    vocabularies,
  });
  const rows = Array.from({ length: ROWS_MAX }, () => sampler.leaseRow() as Row); // as many as there are
  const limits = {
    vocab_size_max: VOCAB_SIZE_MAX,
    batch_rows_max: ROWS_OF_ANALYSIS_MAX,
    rows_max: ROWS_MAX,
    json_text_bytes_max: TEXT_BYTES_MAX,
    options: DEFAULT_OPTION_LIMITS,
  };
  let reader: RowReader | undefined;
  return {
    sampler,
    keys,
    reader: () => {
      reader ??= createKernelReader(VOCAB_SIZE_MAX);
      return reader;
    },
    context: { limits, lease: (index = 0) => rows[index] as Row },
    analysis_rows_max: ROWS_OF_ANALYSIS_MAX,
  };
}

function answer({ path, bytes, header_bytes }: ToWorker): string {
  const log_odds = /^\/v1\/logit\?log_odds=([^&]+)$/.exec(path)?.[1];
  if (log_odds !== undefined)
    return JSON.stringify({ log_odds: Number(log_odds), ...logisticPair(Number(log_odds)) });
  const open = CALLS[path.slice("/v1/".length)];
  if (open === undefined || bytes === undefined)
    throw new Problem("not_found", `${path} is not answered in the page`);
  parts ??= partsOfLibrary();
  const call = open(header_bytes === undefined ? "json" : { header_bytes }, parts);
  call.reader.write(new Uint8Array(bytes));
  call.advance();
  call.reader.end();
  call.advance();
  return call.reply();
}

/** The parts of the platform that the page's worker uses. */
interface WorkerScope {
  addEventListener(type: "message", take: (event: { readonly data: ToWorker }) => void): void;
  postMessage(message: FromWorker): void;
}

const scope = globalThis as unknown as WorkerScope; // this file is the code of a worker

scope.addEventListener("message", ({ data }) => scope.postMessage({ id: data.id, ...told(data) }));

function told(asked: ToWorker): Omit<FromWorker, "id"> {
  try {
    return { status: 200, text: answer(asked) };
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem("internal_error", String(error));
    return { status: problem.status, text: writeProblem(problem, "") };
  }
}
