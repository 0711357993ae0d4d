/** Runs a chain and reads which tokens are left and with what probabilities, in token-id order. */
import { Kernel } from "../../src/kernels/kernel.ts";
import { Candidates } from "../../src/sampling/candidates/candidates.ts";
import { runChain } from "../../src/sampling/chain.ts";
import { StepContext } from "../../src/sampling/context.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { StepOptions } from "../../src/sampling/step.ts";

const kernel = new Kernel({ vocab_size_max: 131_072, rows_max: 1 });
const candidates = new Candidates(kernel);
const context = new StepContext(kernel.tokens);

export interface Survivors {
  readonly token_ids: number[];
  readonly probabilities: number[];
}

export function survivorsOf(logits: ArrayLike<number>, options: StepOptions): Survivors {
  const row = kernel.leaseRow();
  if (row === undefined) throw new Error("the one row is leased");
  try {
    row.load(logits);
    row.finish();
    candidates.startRow(row);
    context.start(options, options.seed ?? "0", logits.length);
    runChain(options.chain, candidates, context);
    const left = candidates.all();
    left.orderById();
    return {
      token_ids: [...left.token_ids.subarray(0, left.count)],
      probabilities: [...left.probabilities().subarray(0, left.count)],
    };
  } finally {
    candidates.restoreRow();
    kernel.returnRow(row);
  }
}

/** The same for options as a client writes them. */
export function survivors(logits: ArrayLike<number>, options: Readonly<Record<string, unknown>>): Survivors {
  return survivorsOf(logits, parseStepOptions(options));
}
