/** The bodies of replies. `Sampled` and its parts are made by src/sampling; a test holds the two together. */
import * as z from "zod";
import { PROBLEMS } from "../errors.ts";
import { FINISH_REASONS } from "../sampling/stops/index.ts";

const token_id = z.int().describe("Token id.");
const probability = z.number().describe("Probability, 0 … 1.");
const logprob = z.number().nullable().describe("Natural logarithm of the probability; null stands for −∞.");

/** What a token stands for, with a `vocabulary`; the reply says once what that is. */
const TEXT = { text: z.string().optional(), bytes: z.array(z.int()).optional() };

const TOKEN_LOGPROB = z.strictObject({ token_id, ...TEXT, logprob });
const TRACED_TOKEN = z.strictObject({ token_id, ...TEXT, probability });

const TRACE_ENTRY = z.strictObject({
  stage: z.string().describe("Name of the stage, or of the rule that combines sources."),
  combination: z
    .strictObject({
      sources: z.int().describe("How many were combined."),
      plausible: z.int().optional().describe("How many tokens of the first the rule finds plausible."),
      alpha: z.number().optional().describe("The weight that was found in this step, or given."),
      divergence: z
        .number()
        .optional()
        .describe("The Jensen-Shannon divergence that it follows from, in nats."),
      chosen: z.int().optional().describe("Which source was taken, of several to choose from."),
    })
    .optional()
    .describe("Of the first entry for several sources: what the rule found."),
  skipped: z
    .enum(["neutral", "greedy"])
    .optional()
    .describe("Why it did not run: its options change nothing, or only the argmax counts."),
  kept_before: z.int().describe("Candidates before it."),
  kept_after: z.int().describe("Candidates after it."),
  mass_removed: z.number().describe("Probability, before the stage, of the tokens that it removed."),
  entropy: z.number().describe("Entropy in nats of the distribution after it."),
  top: z.array(TRACED_TOKEN).describe("The most likely tokens after it."),
  removed: z
    .array(TRACED_TOKEN)
    .describe("The most likely tokens it removed, with their probability before it."),
  knife_edge: z
    .strictObject({
      kind: z.enum(["rank", "mass", "score", "share"]).describe("What the stage's limit is measured in."),
      limit: z.number().describe("The limit."),
      limit_probability: probability
        .optional()
        .describe("Of a score: the probability that a token at the limit has before the stage."),
      token_id,
      ...TEXT,
      distance: z.number().describe("How near this token, the nearest one, came to the limit."),
    })
    .optional()
    .describe("How close the decision was."),
  named: z
    .array(probability)
    .optional()
    .describe("The probability after it of each token of `logprob_token_ids`; 0 when it is gone."),
  us: z.number().optional().describe("Microseconds that the stage took; in timed traces only."),
});

const FATE = z.strictObject({
  token_id,
  ...TEXT,
  removed_by: z
    .string()
    .nullable()
    .describe(
      'The stage that removed the token, or "the row" when it was no candidate from the start; null when it was left to the end.',
    ),
  probability: probability.describe("Its probability before that stage, or at the end."),
  reason: z.string().optional().describe("In words."),
});

const DRAWN = {
  token_id,
  ...TEXT,
  logprob: logprob.optional().describe("ln softmax of the logits as they came. With `logprobs`."),
  processed_logprob: z
    .number()
    .optional()
    .describe("ln of the probability it was drawn with. With `logprobs`."),
  rank: z.int().optional().describe("1 = the most likely of the row as it came. With `logprobs`."),
};

const UNCERTAINTY = z.strictObject({
  entropy: z.number().describe("H = −Σ p ln p, in nats."),
  varentropy: z.number().describe("Σ p (−ln p − H)²."),
  margin: z.number().describe("p of the most likely token less p of the next; 1 when there is only one."),
  confidence: z
    .number()
    .describe(
      "−(1/k) Σ ln p over the k = `confidence_top_k` most likely tokens, or all when they are fewer: large where the first take all. Comparable only for one k.",
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
        "Why the text is to end with this token: that of `stop`, or `grammar` where the grammar allows nothing more; null or absent: it goes on.",
      ),
    stop_bytes: z
      .int()
      .optional()
      .describe(
        "How many bytes at the end of the generated text belong to the string of `stop` that ends it.",
      ),
    rewind: z
      .int()
      .optional()
      .describe("How many tokens are taken back, this one among them: it completed one of `banned_strings`."),
    forced: z
      .array(z.int())
      .optional()
      .describe(
        "The tokens that follow, whatever their logits are: each alone is allowed in its place. With `forced` in the grammar.",
      ),
    forced_text: z
      .string()
      .optional()
      .describe(
        "The text that must follow, whatever tokens spell it: at most 1,024 bytes, whole characters. With `forced` in the grammar.",
      ),
    grammar_logmass: z
      .number()
      .optional()
      .describe(
        "ln of the probability that the grammar left at this step: of the allowed tokens, in the row as the grammar met it. 0: it took nothing away. In every reply of a step with a grammar and a whole row.",
      ),
    draws: z.array(z.strictObject(DRAWN)).optional().describe("All draws; with `n`."),
    top_logprobs: z.array(TOKEN_LOGPROB).optional().describe("The most likely tokens; with `top_logprobs`."),
    named_logprobs: z.array(TOKEN_LOGPROB).optional().describe("The tokens of `logprob_token_ids`."),
    kept: z.int().describe("How many tokens were left to draw from."),
    kept_token_ids: z.array(z.int()).optional().describe("Which; with `kept_token_ids`."),
    kept_truncated: z.literal(true).optional().describe("There are more than `kept_max`."),
    kept_mass: z.number().optional().describe("Their probability in the row as it came. With `logprobs`."),
    source_logprobs: z
      .array(logprob)
      .optional()
      .describe("ln p of the token in each source as it came; with `logprobs`."),
    uncertainty: z
      .strictObject({
        raw: UNCERTAINTY.describe("Of the row as it came; of a sparse row, of the tokens that were sent."),
        processed: UNCERTAINTY.describe("Of what was left to draw from."),
      })
      .optional()
      .describe("How sure the distribution was; with `uncertainty`."),
    watermark: z
      .strictObject({
        scheme: z.string(),
        marked: z.boolean(),
        expected: z
          .strictObject({ marked: z.number(), unmarked: z.number() })
          .optional()
          .describe(
            "What the value of a token of this probability is on average over keys; with `expected`.",
          ),
      })
      .optional()
      .describe("Whether the token bears the mark; with `watermark`. A context that came before bears none."),
    receipt: z
      .strictObject({ row: z.string(), options: z.string() })
      .optional()
      .describe("SHA-256 of the row and of the options; with `receipt`."),
    exact: z
      .boolean()
      .optional()
      .describe(
        "Sparse rows: whether the whole row would provably have given the same answer, its log-probabilities too.",
      ),
    seed: z.string().describe("The seed, as decimal text; the one drawn when none was sent."),
    step: z.int().describe("The step, as it was sent."),
    state: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe("What the next step must send back as `state`; null when its samplers carry none."),
    system_fingerprint: z
      .string()
      .describe("Names everything that decides the bits: same request and same fingerprint, same reply."),
    warnings: z
      .array(z.string())
      .optional()
      .describe(
        "Options that could do nothing, such as a penalty without a history; and with the first token of a text what its grammar does not hold to, with the places. Absent when there are none.",
      ),
    trace: z.array(TRACE_ENTRY).optional().describe("What each stage did; with `trace`."),
    fates: z
      .array(FATE)
      .optional()
      .describe("What became of the tokens of `logprob_token_ids`; with `trace`."),
    inverse_cdf: z
      .strictObject({
        uniform: z.number().describe("The random number u of the (first) draw."),
        from: z.number().describe("The probability of the kept tokens with lower ids."),
        to: z.number().describe("The same and the token's own: u lies between the two."),
      })
      .optional()
      .describe("How the draw met the token; with `trace`."),
    gumbel: z
      .strictObject({ best: z.array(z.strictObject({ token_id: z.int(), total: z.number() })) })
      .optional()
      .describe("The largest scores with their noise, of the draw rule gumbel; with `trace`."),
  })
  .describe("The token drawn, and what was asked for of how it was.");

// Object.keys types its result as string; PROBLEMS has one code at the least.
const CODES = Object.keys(PROBLEMS) as [string, ...string[]];

export const PROBLEM = z
  .strictObject({
    type: z.string().describe("Names the kind of problem; urn:logit-sampler:problem: and the code."),
    title: z.string().describe("The kind of problem in a sentence."),
    status: z.int().describe("The HTTP status, also for a row of a batch."),
    detail: z.string().describe("The rule that was broken and the value received."),
    code: z.enum(CODES).describe("What a program can tell problems apart by."),
    pointer: z.string().describe("RFC 6901 pointer to the culprit in the request; empty for the whole."),
    request_id: z.string().describe("The reply's X-Request-Id, as the server's log has it."),
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
      .describe("In the order of the rows, the reply that the step would have had alone, or its problem."),
  })
  .describe("The answers to a batch.");

export const HEALTH = z
  .strictObject({
    status: z.enum(["ok", "ready", "draining", "saturated"]).describe("In a word."),
    workers: z
      .strictObject({
        running: z.int().min(0).describe("Those that take connections."),
        silent: z
          .int()
          .min(0)
          .describe("Those that do not answer the primary at the moment. They are killed and replaced."),
        replaced: z
          .int()
          .min(0)
          .describe("How many were started because another had died, hung or had a defect."),
      })
      .optional()
      .describe("What the primary told of all workers a moment ago; with GET /healthz only."),
  })
  .describe("How the process is.")
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
  .describe("What it is, what it needs, and what it leaves in the reply.");

export const COMBINATIONS = z
  .strictObject({ rules: z.array(LISTED) })
  .describe("The rules of `combine`, and what their sources are.");

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
          keeps_argmax: z.boolean().describe("Whether the most likely token stays the most likely."),
          carries_state: z.boolean().describe("Whether replies give a `state` for the next step."),
          options: z.record(z.string(), z.unknown()).describe("JSON Schema of its options."),
          defaults: z
            .record(z.string(), z.unknown())
            .describe("What holds of its options when they are not given."),
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
          finish_reason: z.string().describe("What replies say when it is due."),
          summary: z.string().describe("When it is due."),
          source: z
            .strictObject({ title: z.string(), url: z.string() })
            .describe("Where the rule comes from."),
          example: z.record(z.string(), z.unknown()).describe("A value of `stop` as people use it."),
          carries_state: z.boolean().describe("Whether replies give a `state` for the next step."),
          options: z.record(z.string(), z.unknown()).describe("JSON Schema of its value."),
        }),
      )
      .describe("In the order in which they are asked."),
  })
  .describe("Every sampler there is, every stop, and every way to verify a draft.");
