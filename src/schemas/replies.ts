/** The bodies of replies. src/sampling builds `Sampled` and its parts; a test checks that both agree. */
import * as z from "zod";
import { PROBLEMS } from "../errors.ts";
import { FINISH_REASONS } from "../sampling/stops/index.ts";

const token_id = z.int().describe("Token id.");
const probability = z.number().describe("Probability, 0 … 1.");
const logprob = z.number().nullable().describe("Natural logarithm of the probability; null stands for −∞.");

/** The text of a token, when the step has a `vocabulary`; the reply describes the format once. */
const TEXT = { text: z.string().optional(), bytes: z.array(z.int()).optional() };

const TOKEN_LOGPROB = z.strictObject({ token_id, ...TEXT, logprob });
const TRACED_TOKEN = z.strictObject({ token_id, ...TEXT, probability });

const TRACE_ENTRY = z.strictObject({
  stage: z.string().describe("Name of the stage, or of the rule that combines sources."),
  combination: z
    .strictObject({
      sources: z.int().describe("Number of combined sources."),
      plausible: z
        .int()
        .optional()
        .describe("Number of tokens of the first source that the rule finds plausible."),
      alpha: z.number().optional().describe("The weight, computed in this step or given."),
      divergence: z
        .number()
        .optional()
        .describe("The Jensen-Shannon divergence from which it follows, in nats."),
      chosen: z.int().optional().describe("Index of the source that was chosen among several."),
    })
    .optional()
    .describe("In the first entry, for several sources: the values that the rule computed."),
  skipped: z
    .enum(["neutral", "greedy"])
    .optional()
    .describe("Why the stage did not run: its options change nothing, or only the argmax matters."),
  kept_before: z.int().describe("Number of candidates before the stage."),
  kept_after: z.int().describe("Number of candidates after the stage."),
  mass_removed: z.number().describe("Total probability, before the stage, of the tokens that it removed."),
  entropy: z.number().describe("Entropy, in nats, of the distribution after the stage."),
  top: z.array(TRACED_TOKEN).describe("The most likely tokens after the stage."),
  removed: z
    .array(TRACED_TOKEN)
    .describe("The most likely tokens that the stage removed, with their probability before it."),
  knife_edge: z
    .strictObject({
      kind: z.enum(["rank", "mass", "score", "share"]).describe("Quantity that the stage limits."),
      limit: z.number().describe("The limit."),
      limit_probability: probability
        .optional()
        .describe("For a limit of scores: the probability, before the stage, of a token at the limit."),
      token_id,
      ...TEXT,
      distance: z.number().describe("Distance of this token to the limit. No other token is nearer."),
    })
    .optional()
    .describe("How close the decision was."),
  named: z
    .array(probability)
    .optional()
    .describe("Probability after the stage of each token of `logprob_token_ids`; 0 for a removed token."),
  us: z.number().optional().describe("Duration of the stage in microseconds; in timed traces only."),
});

const FATE = z.strictObject({
  token_id,
  ...TEXT,
  removed_by: z
    .string()
    .nullable()
    .describe(
      'The stage that removed the token; "the row" when it was never a candidate; null when it was not removed.',
    ),
  probability: probability.describe("Its probability before that stage; at the end when it was not removed."),
  reason: z.string().optional().describe("In words."),
});

const DRAWN = {
  token_id,
  ...TEXT,
  logprob: logprob.optional().describe("ln softmax of the logits as sent. With `logprobs`."),
  processed_logprob: z
    .number()
    .optional()
    .describe("ln of the probability it was drawn with. With `logprobs`."),
  rank: z.int().optional().describe("1 = the most likely token of the row as sent. With `logprobs`."),
};

const UNCERTAINTY = z.strictObject({
  entropy: z.number().describe("H = −Σ p ln p, in nats."),
  varentropy: z.number().describe("Σ p (−ln p − H)²."),
  margin: z
    .number()
    .describe("p of the most likely token minus p of the next; 1 when there is only one token."),
  confidence: z
    .number()
    .describe(
      "−(1/k) Σ ln p over the k = `confidence_top_k` most likely tokens, or all tokens when there are fewer. It is large when a few tokens hold most of the probability. Values are comparable for equal k only.",
    ),
});

export const STEP_REPLY = z
  .strictObject({
    ...DRAWN,
    token_id: z.int().describe("The token drawn."),
    finish_reason: z
      .enum([...FINISH_REASONS, "grammar"])
      .nullable()
      .optional()
      .describe(
        "Why the text ends with this token: the reason of a `stop`, or `grammar` when the grammar allows nothing more; null or absent when the text goes on.",
      ),
    stop_bytes: z
      .int()
      .optional()
      .describe("Number of bytes at the end of the generated text that belong to the stop string."),
    rewind: z
      .int()
      .optional()
      .describe(
        "Number of tokens to take back, including this one, because it completed one of `banned_strings`.",
      ),
    forced: z
      .array(z.int())
      .optional()
      .describe(
        "The tokens that must follow for any logits, because the grammar allows no other token in their places. With `forced` in the grammar. When it is `canonical`, they begin with the tokens by which the vocabulary's tokenizer writes `forced_text`, whatever text follows: other tokens may spell the same text. At most 128 of those, and 16 others.",
      ),
    forced_text: z
      .string()
      .optional()
      .describe(
        "The text that must follow, in any tokenization: at most 1,024 bytes, whole characters. With `forced` in the grammar.",
      ),
    grammar_logmass: z
      .number()
      .optional()
      .describe(
        "ln of the probability of the tokens that the grammar allows at this step, in the distribution before its mask. 0 when the mask removed nothing. In every reply of a step with a grammar and a whole row.",
      ),
    draws: z.array(z.strictObject(DRAWN)).optional().describe("All draws; with `n`."),
    top_logprobs: z.array(TOKEN_LOGPROB).optional().describe("The most likely tokens; with `top_logprobs`."),
    named_logprobs: z.array(TOKEN_LOGPROB).optional().describe("The tokens of `logprob_token_ids`."),
    kept: z.int().describe("Number of tokens that the chain kept."),
    kept_token_ids: z.array(z.int()).optional().describe("Ids of the kept tokens; with `kept_token_ids`."),
    kept_truncated: z.literal(true).optional().describe("True when more than `kept_max` tokens were kept."),
    kept_mass: z
      .number()
      .optional()
      .describe("Probability of the kept tokens in the row as sent. With `logprobs`."),
    source_logprobs: z
      .array(logprob)
      .optional()
      .describe("ln p of the token in each source as sent; with `logprobs`."),
    uncertainty: z
      .strictObject({
        raw: UNCERTAINTY.describe("Of the row as sent; for a sparse row, of its listed tokens."),
        processed: UNCERTAINTY.describe("Of the distribution after the chain."),
      })
      .optional()
      .describe("Measures of uncertainty; with `uncertainty`."),
    watermark: z
      .strictObject({
        scheme: z.string(),
        marked: z.boolean(),
        expected: z
          .strictObject({ marked: z.number(), unmarked: z.number() })
          .optional()
          .describe(
            "Mean, over random keys, of the value of a token with this probability; with `expected`.",
          ),
      })
      .optional()
      .describe("True when the token is marked; with `watermark`. A repeated context is not marked."),
    receipt: z
      .strictObject({ row: z.string(), options: z.string() })
      .optional()
      .describe("SHA-256 of the row and of the options; with `receipt`."),
    exact: z
      .boolean()
      .optional()
      .describe(
        "For sparse rows: true when the whole row would provably have given the same reply, log-probabilities included.",
      ),
    seed: z.string().describe("The seed, as decimal text; a random one when the request has none."),
    step: z.int().describe("The step, as it was sent."),
    state: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe("The `state` that the next step must send back; null when no sampler has one."),
    system_fingerprint: z
      .string()
      .describe(
        "Identifies everything that decides the bits: the same request with the same fingerprint gives the same reply.",
      ),
    warnings: z
      .array(z.string())
      .optional()
      .describe(
        "Options without effect, such as a penalty without a history. With the first token of a text, also the parts of its grammar that the masks do not enforce, with their places. Absent when there are none.",
      ),
    trace: z.array(TRACE_ENTRY).optional().describe("What each stage did; with `trace`."),
    fates: z.array(FATE).optional().describe("The fate of each token of `logprob_token_ids`; with `trace`."),
    inverse_cdf: z
      .strictObject({
        uniform: z.number().describe("The random number u of the (first) draw."),
        from: z.number().describe("Total probability of the kept tokens with lower ids."),
        to: z.number().describe("That probability plus the token's own: u lies between the two."),
      })
      .optional()
      .describe("How the random number selected the token; with `trace`."),
    gumbel: z
      .strictObject({ best: z.array(z.strictObject({ token_id: z.int(), total: z.number() })) })
      .optional()
      .describe("For the draw rule gumbel: the largest scores with their noise; with `trace`."),
  })
  .describe("The drawn token, and the requested details of the draw.");

// Object.keys types its result as string[]; PROBLEMS has at least one code.
const CODES = Object.keys(PROBLEMS) as [string, ...string[]];

export const PROBLEM = z
  .strictObject({
    type: z
      .string()
      .describe("Identifies the kind of problem: urn:logit-sampler:problem: followed by the code."),
    title: z.string().describe("The kind of problem in a sentence."),
    status: z.int().describe("The HTTP status, also for a row of a batch."),
    detail: z.string().describe("The rule that was broken and the value received."),
    code: z.enum(CODES).describe("Stable code of the problem, for programs."),
    pointer: z
      .string()
      .describe("RFC 6901 pointer to the wrong value in the request; empty for the whole request."),
    request_id: z.string().describe("The reply's X-Request-Id, which the server's log also has."),
  })
  .describe("What was wrong (RFC 9457).")
  .meta({
    examples: [
      {
        type: "urn:logit-sampler:problem:invalid_option",
        title: PROBLEMS.invalid_option[1],
        status: 422,
        detail: "top_p must lie in [0, 1], got 1.5",
        code: "invalid_option",
        pointer: "/top_p",
        request_id: "k3x9-1",
      },
    ],
  });

export const BATCH_REPLY = z
  .strictObject({
    results: z
      .array(z.union([STEP_REPLY, PROBLEM]))
      .describe(
        "One entry per row, in the order of the rows: the reply that /v1/sample would give, or a problem.",
      ),
  })
  .describe("The replies to a batch.");

export const HEALTH = z
  .strictObject({
    status: z.enum(["ok", "ready", "draining", "saturated"]).describe("The status in one word."),
    workers: z
      .strictObject({
        running: z.int().min(0).describe("Workers that accept connections."),
        silent: z
          .int()
          .min(0)
          .describe("Workers that do not answer the primary at present. They are killed and replaced."),
        replaced: z
          .int()
          .min(0)
          .describe("Number of workers started to replace one that died, hung or had a defect."),
      })
      .optional()
      .describe("Last report of the primary about all workers; with GET /healthz only."),
  })
  .describe("Health of the process.")
  .meta({ examples: [{ status: "ok", workers: { running: 2, silent: 0, replaced: 0 } }] });

const LISTED = z
  .looseObject({
    name: z.string(),
    summary: z.string(),
    formula: z.string(),
    source: z.strictObject({ title: z.string(), url: z.string() }),
    example: z.record(z.string(), z.unknown()),
    options: z.record(z.string(), z.unknown()).describe("JSON Schema of its options."),
  })
  .describe("Description, requirements and reply fields.");

export const COMBINATIONS = z
  .strictObject({ rules: z.array(LISTED) })
  .describe("The rules of `combine`, with the names of their sources.");

export const CATALOGUE = z
  .strictObject({
    system_fingerprint: z.string().describe("As in replies."),
    stages: z
      .array(
        z.strictObject({
          name: z.string().describe("Its name in a chain."),
          summary: z.string().describe("What it does."),
          formula: z.string().describe("In one line."),
          source: z
            .strictObject({ title: z.string(), url: z.string() })
            .describe("Where the rule comes from."),
          example: z
            .record(z.string(), z.unknown())
            .describe("An entry of a chain with options as people use them."),
          keeps_argmax: z.boolean().describe("True when the most likely token always stays the most likely."),
          carries_state: z.boolean().describe("True when replies have a `state` for the next step."),
          options: z.record(z.string(), z.unknown()).describe("JSON Schema of its options."),
          defaults: z.record(z.string(), z.unknown()).describe("Defaults of its options."),
        }),
      )
      .describe("In the default order."),
    draws: z.array(LISTED).describe("The rules of `draw`, the default first."),
    watermarks: z.array(LISTED).describe("The schemes of `watermark`."),
    verify_methods: z.array(LISTED).describe("The methods of /v1/verify, the default first."),
    stops: z
      .array(
        z.strictObject({
          name: z.string().describe("Its key in `stop`."),
          finish_reason: z.string().describe("The `finish_reason` of replies when it applies."),
          summary: z.string().describe("When it applies."),
          source: z
            .strictObject({ title: z.string(), url: z.string() })
            .describe("Where the rule comes from."),
          example: z.record(z.string(), z.unknown()).describe("A value of `stop` as people use it."),
          carries_state: z.boolean().describe("True when replies have a `state` for the next step."),
          options: z.record(z.string(), z.unknown()).describe("JSON Schema of its value."),
        }),
      )
      .describe("In the order in which they are checked."),
  })
  .describe("All samplers, stops and methods of verifying a draft.");
