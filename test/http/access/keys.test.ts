/** Reading the key of a request, and refusing invalid keys. */
import { describe, expect, test } from "vitest";
import { digestsOf } from "../../../src/config/keys.ts";
import { keyIndex } from "../../../src/http/access/keys.ts";

const KEYS = ["first-key-of-the-test", "second-key-of-the-test"];
const DIGESTS = digestsOf(KEYS);

describe("the key of a request", () => {
  test.each([
    [{ authorization: `Bearer ${KEYS[0]}` }, 0],
    [{ authorization: `bearer  ${KEYS[1]} ` }, 1],
    [{ "x-api-key": KEYS[1] }, 1],
    [{ "sec-websocket-protocol": `logit-sampler, bearer.${KEYS[0]}` }, 0],
    [{ authorization: `Bearer ${KEYS[0]}x` }, -1],
    [{ authorization: "Basic dXNlcjpwYXNz" }, -1],
    [{ authorization: "Bearer " }, -1],
    [{ "x-api-key": "" }, -1],
    [{ "sec-websocket-protocol": "logit-sampler" }, undefined],
    [{}, undefined],
  ])("in %j is number %s", (headers, index) => {
    expect(keyIndex(DIGESTS, headers)).toBe(index);
  });
});

test("keys are trimmed, empty ones left out, and only their digests are kept", () => {
  const digests = digestsOf([` ${KEYS[0]} `, "", "  "]);
  expect(digests).toHaveLength(1);
  expect(digests[0]).toEqual(DIGESTS[0]);
  expect(Buffer.from(digests[0] as Uint8Array).toString("latin1")).not.toContain("first-key");
});

test.each([
  ["fifteen-letters", /at least 16 characters, got one of 15/],
  ["a key with spaces in it", /visible ASCII/],
  ["schlüssel-mit-umlaut", /visible ASCII/],
])("%s is no key, and the sentence that says so does not show it", (key, sentence) => {
  expect(() => digestsOf([key])).toThrow(sentence);
  expect(() => digestsOf([key])).not.toThrow(key);
});
