import { describe, expect, test } from "vitest";
import { STORIES } from "../../examples/reading-logits/stories.ts";

describe("the tour of examples/reading-logits", () => {
  test.each<[string, readonly RegExp[]]>([
    ["cat-dog-bird", [/cat +logit 3\.2 +p +83\.4 %/, /at 0\.95 it is "I do not know"/]],
    ["firewall", [/2\.944/, /T = 18\.6 +151 blocked \(0 wrongly\)/]],
    ["temperatures", [/T = 0\.2/, /sea +98\.1 %/, /T = 1\.2/]],
    [
      "overconfidence",
      [/temperature is 2\.37/, /calibration error +0\.064 +0\.027/, /confidently wrong +108 +32/],
    ],
    ["suspicious", [/tampered digits flagged +14\.3 %/, /0\.764/]],
    ["perplexity", [/Perplexity e\^4\.402 = 81\.6/]],
  ])("%s tells what it promises", (name, expected) => {
    const text = STORIES[name]!.tell().join("\n");
    for (const pattern of expected) expect(text).toMatch(pattern);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("every chapter is held to its numbers here", () => {
    expect(Object.keys(STORIES)).toHaveLength(6);
  });
});
