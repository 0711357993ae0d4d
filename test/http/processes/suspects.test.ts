/** Grammars that have killed a worker are refused for a time. */
import { describe, expect, test, vi } from "vitest";
import { Grammars } from "../../../src/grammar/grammars.ts";
import { createGrammarWatch } from "../../../src/http/processes/grammar-watch.ts";
import { REFUSED_MS, Suspects } from "../../../src/http/processes/suspects.ts";
import { problemOf } from "../../sampling/sample.ts";

describe("suspects", () => {
  test("a grammar on which a worker hangs is refused at once, and for a time", () => {
    let now = 0;
    const suspects = new Suspects<string>(() => now);
    suspects.works("a", "g");
    expect(suspects.hangs("a")).toBe("g");
    expect(suspects.refused).toEqual(["g"]);
    now = REFUSED_MS;
    expect(suspects.refused).toEqual(["g"]);
    now = REFUSED_MS + 1;
    expect(suspects.refused).toEqual([]);
  });

  test("one on which a worker ends otherwise is refused the second time", () => {
    const suspects = new Suspects<string>(() => 0);
    suspects.works("a", "g");
    expect(suspects.died("a")).toBe("g");
    expect(suspects.refused).toEqual([]);
    suspects.works("b", "g");
    suspects.died("b");
    expect(suspects.refused).toEqual(["g"]);
  });

  test("a worker that is killed because it hangs is told once", () => {
    const suspects = new Suspects<string>(() => 0);
    suspects.works("a", "g");
    suspects.hangs("a");
    expect(suspects.died("a")).toBeUndefined();
  });

  test("a worker that had done with it takes nothing with it", () => {
    const suspects = new Suspects<string>(() => 0);
    suspects.works("a", "g");
    suspects.works("a", null);
    expect(suspects.hangs("a")).toBeUndefined();
    expect(suspects.refused).toEqual([]);
  });

  test.each([64, 65])("of %i grammars the last 64 are remembered", (count) => {
    const suspects = new Suspects<number>(() => 0);
    for (let i = 0; i < count; i++) {
      suspects.works(i, `g${i}`);
      suspects.hangs(i);
    }
    expect(suspects.refused).toHaveLength(64);
    expect(suspects.refused.includes("g0")).toBe(count === 64);
  });
});

describe("a worker", () => {
  const source = { kind: "regex", value: "a+", whitespace: "compact", property_order: "schema" } as const;

  test("tells of a grammar once while it works on it, and when it has done", () => {
    vi.useFakeTimers();
    try {
      const told: unknown[] = [];
      const watch = createGrammarWatch((message) => void told.push(message));
      for (let i = 0; i < 3; i++) watch.works("g");
      watch.works("h");
      expect(told).toEqual([{ works_on: "g" }, { works_on: "h" }]);
      vi.advanceTimersByTime(100);
      expect(told).toHaveLength(2);
      vi.advanceTimersByTime(100);
      expect(told.at(-1)).toEqual({ works_on: null });
    } finally {
      vi.useRealTimers();
    }
  });

  test("refuses what it is told of, and no other", () => {
    const watch = createGrammarWatch(() => undefined);
    const seen: string[] = [];
    const noting = { ...watch, works: (grammar: string) => void seen.push(grammar) };
    const compile = () => {
      for (const _ of new Grammars(undefined, undefined, noting).compile(source));
    };
    compile();
    const [key = ""] = seen;
    watch.refuse(["other"]);
    compile();
    watch.refuse([key]);
    expect(problemOf(compile)).toMatchObject({ code: "grammar_refused" });
    watch.refuse([]);
    compile();
  });
});
