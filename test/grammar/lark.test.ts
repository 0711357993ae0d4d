/** Lark in llguidance's dialect: valid and invalid texts of small grammars, and the refusals. */
import { describe, expect, test } from "vitest";
import { grammarOf, refusal, takes } from "./texts.ts";

describe("lark", () => {
  test.each([
    ['start: "a" "b"', ["ab"], ["a"], ["b", "a b"]],
    ['start: "a" | "b" -> name\n  | "c"', ["a", "b", "c"], [], ["d"]],
    ['start: "(" start ")" | "x" // comment\n# another', ["x", "((x))"], ["(x"], ["x)"]],
    ['start: "a"i "x".."z"', ["ax", "Az"], ["A"], ["aw"]],
    ['start: A "é"\nA: "a" B?\nB: "b"~2', ["aé", "abbé"], ["ab"], ["abé"]],
    ['start: ("a" | "b"){2,3} "c"~1..2', ["abc", "abacc"], ["ab"], ["ac", "abccc"]],
    ['start: ["a"] "b"+ "c"* "d"?', ["b", "abbcd"], ["a"], ["ac", "bdd"]],
    ["start: /a.b/s /[x-z]/i /(?i:k)(?s:.)./", ["a\nbZK\n?"], ["a\nb"], ["a\nbZK\n\n"]],
    ["start: /a.b/", ["a\rb"], [], ["a\nb"]],
    ["start: /[^a]/i /\\//", ["b/"], [], ["A/", "a/"]],
    ["start: A\nA: /ab+/ & /[ab]{3}/", ["abb"], ["ab"], ["abbb"]],
    ["start: A\nA: /[a-c]*/ & ~/.*bb.*/", ["", "abcb"], [], ["abb"]],
    ["start: a\na[lazy]: /.*end/", ["xend"], ["x"], ["xendend"]],
    ['start: a "z"\na[suffix="end", capture]: /.*/', ["xendz"], ["xend"], ["xendendz"]],
    ['start: %json {"type": "integer", "minimum": 3} "x"', ["3x", "12x"], ["1"], ["2x"]],
    ['start: %json {"const": {"b": 1}}', ['{"b":1}'], ["{"], ["{}"]],
    ["%import common.INT\nstart: INT", ["12"], [], ["a"]],
    ["%import common.SIGNED_NUMBER -> N\nstart: N", ["-1.5e3", "7"], ["1e"], ["x"]],
    ["%import common (CNAME, WS)\nstart: CNAME CNAME\n%ignore WS", ["a_1 b"], ["a "], [" a b", "1"]],
    ['?start: x\n!x.2: "b"', ["b"], [], ["c"]],
    ['%llguidance {"no_forcing": true}\nstart: "a"', ["a"], [], ["b"]],
    ['start: "\\x41\\u0042\\n"', ["AB\n"], ["A"], ["a"]],
  ])("%s", (source, whole, begun, other) => {
    const grammar = grammarOf("lark", source);
    for (const text of whole) expect([text, takes(grammar, text)]).toEqual([text, "whole"]);
    for (const text of begun) expect([text, takes(grammar, text)]).toEqual([text, "begun"]);
    for (const text of other) expect([text, takes(grammar, text)]).not.toEqual([text, "whole"]);
  });

  test.each([
    ['start: "a" "b"\n%ignore / /', ["ab", "a  b"], [" ab", "ab "]],
    ['start: x* \nx: "a" | "b"\n%ignore /,/', ["", "a", "a,,b"], [",a"]],
    ['start: ["a"] /b*/ "c"\n%ignore " "', ["c", "a c", "bb c", "a bb  c"], [" c", " bbc"]],
    ['start: "(" start? ")"\n%ignore " "', ["()", "( ( ) )"], [" ()", "() "]],
    ['start: ("a" "b"?)~2 \n%ignore " "', ["a b a", "aa"], [" aa", "a"]],
    ['%llguidance {"allow_initial_skip": true}\nstart: "a"\n%ignore " "', ["a", "  a"], ["a "]],
    ['start: a "x"\na: %json {"type": "array"}\n%ignore " "', ["[] x", "[1]x"], [" []x"]],
  ])("what is ignored stands between lexemes: %s", (source, whole, other) => {
    const grammar = grammarOf("lark", source);
    for (const text of whole) expect([text, takes(grammar, text)]).toEqual([text, "whole"]);
    for (const text of other) expect([text, takes(grammar, text)]).not.toEqual([text, "whole"]);
  });

  test.each([
    ['begin: "a"', "grammar_invalid /lark: a Lark grammar needs a rule named start"],
    ["start: x", 'grammar_invalid /lark: there is no rule "x"'],
    ["start x", "grammar_invalid /lark: a Lark grammar cannot hold a rule without a colon"],
    ['start: "a', "grammar_invalid /lark: a Lark grammar cannot hold something behind a rule"],
    ['start: ("a"', "grammar_invalid /lark: a Lark grammar cannot hold a group without a )"],
    ['start: "a"\nstart: "b"', "a second definition of start"],
    ["start: A\nA: A", "grammar_invalid /lark: the terminal A cannot use A"],
    ["start: A\nA: B\nB: A", "grammar_invalid /lark: the terminal A cannot use A"],
    ['start: A\nA: x\nx: "a"', "grammar_invalid /lark: the terminal A cannot use x"],
    ["start: A\nA: %json {}", "grammar_invalid /lark: the terminal A cannot hold %json"],
    ["start: A\nA: <x>", "grammar_invalid /lark: the terminal A cannot hold a special token"],
    ["start: x & x\nx: x", "cannot use x"],
    ["start: <think>", 'grammar_invalid /lark: the vocabulary has no special token "<think>"'],
    ["start: %json {", "grammar_invalid /lark: a Lark grammar cannot hold something that is no JSON"],
    ['start: %json {"minLength": -1}', "grammar_invalid /lark/minLength"],
    ["start: /(/", "grammar_invalid /lark"],
    ["start: /a/m", "grammar_unsupported /lark: a regular expression may have the flags i, s and u"],
    ['start{x}: "a"', "grammar_unsupported /lark: not supported in Lark: templates of rules"],
    ['start[max_tokens=3]: "a"', 'grammar_unsupported /lark: not supported in Lark: the option "max_tokens"'],
    ["start: @other", "grammar_unsupported /lark: not supported in Lark: another grammar"],
    ['start: %regex {"substring_words": "a b"}', "grammar_unsupported /lark: not supported in Lark: %regex"],
    ["%declare A\nstart: A", "grammar_unsupported /lark: not supported in Lark: %declare"],
    ["%import common.NAME\nstart: NAME", "an import of NAME, which common does not have"],
    ["%import python.NAME\nstart: NAME", "%import of anything but common"],
    ['start: "a"{100001}', "grammar_too_large /lark: a count may be at most 100000"],
    [
      `start: ${"(".repeat(100)}"a"${")".repeat(100)}`,
      "grammar_too_large /lark: groups of a grammar may be at most 100 deep",
    ],
    [`start: ${"(".repeat(99)}"a"${")".repeat(99)}`, "taken"],
    ['start: start "a" | "b"', "refers to itself before anything is read"],
  ])("%s is refused", (source, sentence) => {
    expect(refusal("lark", source)).toContain(sentence);
  });
});
