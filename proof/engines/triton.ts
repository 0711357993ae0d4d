/**
 * Differences between vLLM's Triton kernel for top-k and top-p and its own PyTorch path, caused by the limits of the
 * kernel's search.
 */
import type { Case, Known } from "./host.ts";
import { oursFor } from "./ours.ts";

export const TRITON_KNOWN: readonly Known[] = [
  {
    what: "When all remaining logits are equal, the host keeps all tokens, whatever k and p are.",
    whose: "host: topk_topp_triton.py, `if not (final_pivot < max_logit)`",
    is: (_, theirs, ours) =>
      !("error" in theirs) && !("error" in ours) && theirs.kept.length > ours.kept.length && isFlat(theirs),
  },
  {
    what: "The host drops the least likely of the remaining tokens (after min_p or k) although k or p would keep them.",
    whose: "host: topk_topp_triton.py, the search never goes below the row's least value",
    is: (asked, theirs, ours) =>
      reachesTheLeast(asked) ||
      (!("error" in theirs) && !("error" in ours) && hasNoneOfTheLast(asked, theirs, ours)),
  },
  {
    what: "The host may keep all tokens that tie with the last token that p needs.",
    whose: "host: topk_topp_triton.py, duplicate_logit goes through a logarithm and is held to 1e-9",
    is: (_, theirs, ours) => !("error" in theirs) && !("error" in ours) && hasMoreOfTheLast(theirs, ours),
  },
  {
    what: "In rows that spread over more than 40 nats tokens of no weight may stay.",
    whose: "host: topk_topp_triton.py, exponentials are taken about the average plus ten deviations",
    is: ({ logits, options }, theirs, ours) => {
      const finite = logits.filter(Number.isFinite);
      const spread = (Math.max(...finite) - Math.min(...finite)) / Number(options["temperature"] ?? 1);
      return spread > 40 && !("error" in theirs) && !("error" in ours);
    },
  },
];

const TRITON = { preset: "vllm", variant: "triton" };

/** True when k and p leave room for the least likely token that min_p keeps. */
function reachesTheLeast(asked: Case): boolean {
  const { top_k: _, top_p: __, ...cut } = asked.options;
  const { top_p: ___, ...ranked } = asked.options;
  const left = oursFor(TRITON, { ...asked, options: cut });
  const best = oursFor(TRITON, { ...asked, options: ranked });
  const whole = oursFor(TRITON, asked);
  if ("error" in left || "error" in best || "error" in whole) return false;
  const least = Math.min(...left.kept.map((token) => asked.logits[token] as number)); // ids of the row
  const holds = ({ kept }: { readonly kept: readonly number[] }) =>
    kept.some((token) => asked.logits[token] === least);
  return holds(whole) || ("top_k" in asked.options && holds(best));
}

/** True when the only difference is that the kernel keeps none of the tokens with the lowest kept score. */
function hasNoneOfTheLast(
  { logits, options }: Case,
  theirs: { readonly kept: readonly number[] },
  ours: { readonly kept: readonly number[] },
): boolean {
  const least = Math.min(...ours.kept.map((token) => logits[token] as number)); // ids of the row
  const above = ours.kept.filter((token) => (logits[token] as number) > least);
  return "top_k" in options && theirs.kept.join() === above.join();
}

function hasMoreOfTheLast(
  theirs: { readonly kept: readonly number[] },
  ours: { readonly kept: readonly number[]; readonly p: readonly number[] },
): boolean {
  return theirs.kept.length > ours.kept.length && ours.kept.every((token) => theirs.kept.includes(token));
}

function isFlat({ p }: { readonly p: readonly number[] }): boolean {
  const [first = 0] = p;
  return p.every((each) => Math.abs(each - first) <= 2e-6);
}
