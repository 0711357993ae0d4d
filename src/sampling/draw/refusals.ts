/** The draw of a step: its rule or its watermark, and the options that each refuses. */
import { Problem } from "../../errors.ts";
import type { Chain } from "../chain.ts";
import { DEFAULT_DRAW, parseDraw, parseWatermark } from "./choice.ts";
import type { DrawChoice } from "./draw-rule.ts";
import type { MarkChoice } from "./watermark/scheme.ts";

interface Asked {
  readonly n?: number | undefined;
  readonly replacement?: boolean | undefined;
  readonly draw?: unknown;
  readonly watermark?: unknown;
  readonly unmarked?: boolean | undefined;
}

interface Draw {
  readonly draw: DrawChoice;
  readonly watermark: MarkChoice | undefined;
}

/** Both fields are always present, because an optional spread gives options another shape. */
export function drawAsked(
  { n = 1, replacement = true, draw, watermark, unmarked }: Asked,
  chain: Chain,
): Draw {
  const choice = draw === undefined ? DEFAULT_DRAW : parseDraw(draw);
  const sentence = choice.rule.refuses?.(choice.options, { n, replacement });
  if (sentence !== undefined) throw new Problem("option_conflict", sentence, "/draw");
  if (watermark === undefined) return { draw: choice, watermark };
  if (draw !== undefined)
    throw new Problem(
      "option_conflict",
      "a watermark draws by a rule of its own: draw and watermark exclude each other",
      "/draw",
    );
  if (unmarked === true)
    throw new Problem(
      "option_conflict",
      "unmarked leaves a mark out, and watermark asks for one: got both",
      "/unmarked",
    );
  requireMarkable(n, chain);
  return { draw: choice, watermark: parseWatermark(watermark) };
}

function requireMarkable(n: number, chain: Chain): void {
  if (n > 1)
    throw new Problem(
      "option_conflict",
      `a watermark gives one token in its context, the same for each draw: n must be 1, got ${n}`,
      "/n",
    );
  const greedy = chain.find(({ stage, options }) => stage.isGreedy?.(options));
  if (greedy === undefined) return;
  throw new Problem(
    "option_conflict",
    `a greedy step has no choice that could bear a watermark, got one that is greedy by ${greedy.stage.name}`,
    "/watermark",
  );
}
