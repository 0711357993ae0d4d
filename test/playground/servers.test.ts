/** The same two alternatives in the reply of each server, in its own format. */
import { describe, expect, test } from "vitest";
import { readText } from "../../playground/src/rows/parse-text.ts";
import { floats, labels, rounded } from "./read-back.ts";

describe("one token's alternatives in the reply of", () => {
  test.each<[string, unknown]>([
    [
      "OpenAI, one token of it",
      {
        token: "cat",
        logprob: -0.5,
        top_logprobs: [
          ["cat", -0.5],
          ["dog", -1],
        ].map(([token, logprob]) => ({ token, logprob })),
      },
    ],
    [
      "OpenAI's top_logprobs alone",
      [
        { token: "cat", logprob: -0.5, bytes: [99] },
        { token: "dog", logprob: -1, bytes: null },
      ],
    ],
    [
      "OpenAI's completions and vLLM's",
      {
        choices: [
          {
            text: "cat",
            logprobs: {
              tokens: ["cat"],
              token_logprobs: [-0.5],
              top_logprobs: [{ cat: -0.5, dog: -1 }],
              text_offset: [0],
            },
          },
        ],
      },
    ],
    [
      "OpenAI's responses",
      {
        output: [
          {
            content: [
              {
                type: "output_text",
                text: "cat",
                logprobs: [
                  {
                    token: "cat",
                    logprob: -0.5,
                    top_logprobs: [
                      { token: "cat", logprob: -0.5 },
                      { token: "dog", logprob: -1 },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
    [
      "vLLM's own",
      {
        outputs: [
          {
            logprobs: [
              {
                "5": { logprob: -0.5, rank: 1, decoded_token: "cat" },
                "9": { logprob: -1, rank: 2, decoded_token: "dog" },
              },
            ],
          },
        ],
      },
    ],
    [
      "llama.cpp",
      {
        content: "cat",
        completion_probabilities: [
          {
            id: 5,
            token: "cat",
            bytes: [99],
            logprob: -0.5,
            top_logprobs: [
              { id: 5, token: "cat", bytes: [99], logprob: -0.5 },
              { id: 9, token: "dog", bytes: [100], logprob: -1 },
            ],
          },
        ],
      },
    ],
    [
      "Ollama",
      {
        response: "cat",
        logprobs: [
          {
            token: "cat",
            logprob: -0.5,
            top_logprobs: [
              { token: "cat", logprob: -0.5 },
              { token: "dog", logprob: -1 },
            ],
          },
        ],
      },
    ],
    [
      "TGI",
      {
        generated_text: "cat",
        details: {
          tokens: [{ id: 5, text: "cat", logprob: -0.5, special: false }],
          top_tokens: [
            [
              { id: 5, text: "cat", logprob: -0.5, special: false },
              { id: 9, text: "dog", logprob: -1, special: false },
            ],
          ],
        },
      },
    ],
    [
      "SGLang",
      {
        text: "cat",
        meta_info: {
          output_token_logprobs: [[-0.5, 5, "cat"]],
          output_top_logprobs: [
            [
              [-0.5, 5, "cat"],
              [-1, 9, "dog"],
            ],
          ],
        },
      },
    ],
    [
      "Gemini",
      {
        candidates: [
          {
            logprobsResult: {
              topCandidates: [
                {
                  candidates: [
                    { token: "cat", tokenId: 5, logProbability: -0.5 },
                    { token: "dog", tokenId: 9, logProbability: -1 },
                  ],
                },
              ],
              chosenCandidates: [{ token: "cat", tokenId: 5, logProbability: -0.5 }],
            },
          },
        ],
      },
    ],
    [
      "this service's score of labels",
      {
        top_logprobs: [
          { token: "cat", token_id: 5, logprob: -0.5 },
          { token: "dog", token_id: 9, logprob: -1 },
        ],
      },
    ],
  ])("%s", (_, reply) => {
    const { row, how, positions } = readText(JSON.stringify(reply, null, 2));
    expect(labels(row)).toEqual(["cat", "dog"]);
    expect(rounded(floats(row))).toEqual([-0.5, -1]);
    expect(how).toContain("which hold 97.4 % of the probability");
    expect(positions).toBe(1);
  });
});
