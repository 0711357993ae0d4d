/** What a draw rule and a watermark refuse of a step's other options: what would mean nothing, or less than it seems. */
import { Problem } from "../../errors.ts";
import type { Chain } from "../chain.ts";
import type { DrawChoice, MarkChoice } from "./choice.ts";

interface Asked {
  readonly chain: Chain;
  readonly n?: number | undefined;
  readonly replacement?: boolean | undefined;
  /** undefined: not named */
  readonly draw: DrawChoice | undefined;
  readonly watermark: MarkChoice | undefined;
}

export function refusalOf({ chain, n = 1, replacement = true, draw, watermark }: Asked): Problem | undefined {
  const sentence = draw?.rule.refuses?.(draw.options, { n, replacement });
  if (sentence !== undefined) return new Problem("option_conflict", sentence, "/draw");
  if (watermark === undefined) return undefined;
  if (draw !== undefined)
    return new Problem(
      "option_conflict",
      "a watermark draws by itself: draw and watermark exclude each other",
      "/draw",
    );
  if (n > 1)
    return new Problem(
      "option_conflict",
      `a watermark gives one token in its context, the same for each draw: n must be 1, got ${n}`,
      "/n",
    );
  const greedy = chain.find(({ stage, options }) => stage.isGreedy?.(options));
  if (greedy === undefined) return undefined;
  return new Problem(
    "option_conflict",
    `a greedy step has no choice that could bear a watermark: got one that is greedy by ${greedy.stage.name}`,
    "/watermark",
  );
}
