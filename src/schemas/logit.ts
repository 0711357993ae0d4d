/** The query string and reply of GET /v1/logit. */
import * as z from "zod";
import { Problem } from "../errors.ts";
import { finite } from "../sampling/options/fields.ts";
import { parseWith } from "../sampling/options/parse.ts";

const inside = { min: 0, openMin: true, max: 1, openMax: true } as const;

export const LOGIT_OPTIONS = z.strictObject({
  probability: finite(inside)
    .optional()
    .describe("The probability p to convert.")
    .meta({ examples: [0.95] }),
  complement: finite(inside)
    .optional()
    .describe("1 − p in place of p, for a p so near to 1 that a float64 rounds it to 1, such as 1 − 1e-20."),
  log_odds: finite().optional().describe("The log-odds x to convert."),
});

export type LogitOptions = z.infer<typeof LOGIT_OPTIONS>;

export const LOGIT_REPLY = z
  .strictObject({
    log_odds: z
      .number()
      .describe(
        "x = ln(p / (1 − p)): the logit. It is also the threshold on a logit that corresponds to a threshold p on the probability.",
      ),
    probability: z.number().describe("p = 1 / (1 + e⁻ˣ)."),
    complement: z.number().describe("1 − p, computed apart, so that it is exact where p is rounded to 1."),
  })
  .describe("A probability in its three forms.")
  .meta({
    examples: [{ log_odds: 2.9444389791664394, probability: 0.95, complement: 0.050000000000000044 }],
  });

/** The one value that was given. */
export function parseLogit(fields: Readonly<Record<string, unknown>>): LogitOptions {
  const options = parseWith(LOGIT_OPTIONS, fields, "");
  const given = Object.keys(options);
  if (given.length === 1) return options;
  throw new Problem(
    "option_conflict",
    `one of probability, complement and log_odds is turned into the others, got ${given.join(" and ") || "none"}`,
  );
}
