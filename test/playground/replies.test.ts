/** Replies of servers in their own format, and the row that each must give. */
import { describe, expect, test } from "vitest";
import { readText } from "../../playground/src/rows/parse-text.ts";
import { floats, labels, rounded } from "./read-back.ts";

const OPENAI = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Hello!" },
      logprobs: {
        content: [
          {
            token: "Hello",
            logprob: -0.1,
            bytes: [72],
            top_logprobs: [
              { token: "Hello", logprob: -0.1, bytes: [72] },
              { token: "Hi", logprob: -2.5, bytes: [72] },
            ],
          },
          {
            token: "?",
            logprob: -3,
            bytes: [33],
            top_logprobs: [
              { token: "!", logprob: -0.2, bytes: [33] },
              { token: " there", logprob: -2, bytes: [32] },
            ],
          },
        ],
      },
    },
  ],
  usage: { prompt_tokens: 9, completion_tokens: 2 },
});

describe("alternatives in replies", () => {
  test("OpenAI's chat: the first token, and any other by its place; a drawn token that is not listed joins", () => {
    const first = readText(OPENAI);
    expect(labels(first.row)).toEqual(["Hello", "Hi"]);
    expect(rounded(floats(first.row))).toEqual([-0.1, -2.5]);
    expect(first.how).toContain("the log-probabilities of 2 alternatives of token 1 of 2, which hold 98.7 %");
    expect([first.positions, first.position, first.row.text]).toEqual([2, 0, ""]);
    const second = readText(OPENAI, 1);
    expect(labels(second.row)).toEqual(["!", " there", "?"]);
    expect(second.row.text).toBe("Hello");
    expect(readText(OPENAI, 9).position).toBe(1);
  });

  test("this service's reply has ids, and null for −∞", () => {
    const { row } = readText(
      '{"token_id": 5, "logprob": -0.1, "top_logprobs": [{"token_id": 5, "logprob": -0.1}, {"token_id": 3, "logprob": null}]}',
    );
    expect(labels(row)).toEqual(["5", "3"]);
    expect(floats(row)[1]).toBe(Number.NEGATIVE_INFINITY);
  });

  test("llama.cpp's probabilities, old form and new", () => {
    const old = {
      completion_probabilities: [
        {
          content: " a",
          probs: [
            { tok_str: " a", prob: 0.75 },
            { tok_str: " b", prob: 0.25 },
          ],
        },
      ],
    };
    const now = {
      completion_probabilities: [
        {
          id: 1,
          token: " a",
          prob: 0.75,
          top_probs: [
            { id: 1, token: " a", prob: 0.75 },
            { id: 2, token: " b", prob: 0.25 },
          ],
        },
      ],
    };
    for (const reply of [old, now]) {
      const { row } = readText(JSON.stringify(reply));
      expect(labels(row)).toEqual([" a", " b"]);
      expect(rounded(floats(row))).toEqual([-0.2877, -1.3863]);
    }
  });

  test("vLLM's objects as Python prints them", () => {
    const { row } = readText(
      "[{5: Logprob(logprob=-0.5, rank=1, decoded_token=' cat'), 9: Logprob(logprob=-1.0, rank=2, decoded_token='dog')}]",
    );
    expect(labels(row)).toEqual([" cat", "dog"]);
    expect(floats(row)).toEqual([-0.5, -1]);
  });

  test("OpenAI's objects as Python prints them", () => {
    const top = (token: string, p: number) => `TopLogprob(token=${token}, bytes=[72, 105], logprob=-${p})`;
    const { row } = readText(
      `ChatCompletion(id='x', choices=[Choice(finish_reason='stop', index=0, logprobs=ChoiceLogprobs(content=[ChatCompletionTokenLogprob(token='Hi', bytes=[72, 105], logprob=-0.1, top_logprobs=[${top("'Hi'", 0.1)}, ${top('" it\'s"', 2.5)}])], refusal=None), message=ChatCompletionMessage(content="Hi it's", refusal=None))], usage=CompletionUsage(completion_tokens=2, prompt_tokens_details=None))`,
    );
    expect(labels(row)).toEqual(["Hi", " it's"]);
    expect(rounded(floats(row))).toEqual([-0.1, -2.5]);
  });

  test("the prompt's first token has no alternatives", () => {
    expect(
      labels(readText('{"prompt_logprobs": [null, {"5": {"logprob": -0.5, "decoded_token": "a"}}]}').row),
    ).toEqual(["a"]);
  });

  test("a stream of chunks is one reply", () => {
    const chunk = (token: string) =>
      `data: ${JSON.stringify({
        choices: [
          {
            delta: { content: token },
            logprobs: {
              content: [
                {
                  token,
                  logprob: -0.1,
                  top_logprobs: [
                    { token, logprob: -0.1 },
                    { token: "x", logprob: -3 },
                  ],
                },
              ],
            },
          },
        ],
      })}`;
    const { positions, row } = readText(`${chunk("a")}\n\n${chunk("b")}\n\ndata: [DONE]\n`, 1);
    expect(positions).toBe(2);
    expect([labels(row), row.text]).toEqual([["b", "x"], "a"]);
  });

  test.each([
    [
      '{"choices": [{"logprobs": {"content": [{"token": "a", "logprob": -0.1, "top_logprobs": []}]}}]}',
      "holds the drawn tokens only",
    ],
    [
      '[{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -0.2}]',
      "add up to 172 %: these look like tokens one after another",
    ],
    [
      '{"choices": [{"message": {"content": "Hello"}, "logprobs": null}], "usage": {"prompt_tokens": 9}}',
      "neither a list of numbers",
    ],
    ['{"choices": "none"}', "neither a list of numbers"],
  ])("%j is refused: %s", (text, sentence) => {
    expect(() => readText(text)).toThrow(sentence);
  });
});
