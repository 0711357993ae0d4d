import { describe, expect, test } from "vitest";
import {
  count,
  flag,
  helpOf,
  Misuse,
  positive,
  readWord,
  readWords,
  run,
  some,
  text,
} from "../src/command-line.ts";
import { VERSION } from "../src/config/version.ts";

const NAMES = ["fuzz", "replay"] as const;
const COMMAND = {
  name: "npm run test-command --",
  about: "Does something.\n\nAnd then something else.",
  options: {
    seconds: positive("N", "length of a turn", 1.5),
    rounds: count("N", "turns", 3),
    seed: count("N", "of everything random", 1, 0),
    only: text("TEXT", "cases whose name holds it", ""),
    python: text("PATH", "an interpreter", undefined),
    rows: some(["peaked", "flat"], "kinds of rows"),
    built: flag("dist is as it should be"),
  },
  operands: { placeholder: "PROOF", about: "what to run", read: (word: string) => readWord(word, NAMES) },
};

const read = (...words: string[]) => readWords(COMMAND, words);

test("what is not given has its standard", () => {
  expect(read()).toEqual({
    values: {
      seconds: 1.5,
      rounds: 3,
      seed: 1,
      only: "",
      python: undefined,
      rows: ["peaked", "flat"],
      built: false,
    },
    operands: [],
  });
});

test("values stand behind their names, or behind an equals sign, and operands anywhere", () => {
  const words = [
    "fuzz",
    "--seconds",
    "0.2",
    "--rounds=7",
    "--only",
    "f32",
    "--rows=flat",
    "--built",
    "replay",
  ];
  expect(read(...words)).toMatchObject({
    values: { seconds: 0.2, rounds: 7, only: "f32", rows: ["flat"], built: true },
    operands: ["fuzz", "replay"],
  });
});

describe("what is wrong is said with the rule and the value", () => {
  test.each([
    [["--secnds", "3"], /^there is no option --secnds; known are --seconds, .*; did you mean "--seconds"\?$/],
    [["-x"], /^there is no option -x; known are --seconds/],
    [["--toString"], /^there is no option --toString/],
    [["--seconds"], /^--seconds needs a value: --seconds N$/],
    [["--seconds", "--built"], /^--seconds needs a value/],
    [["--seconds", "0"], /^--seconds must be a number above 0, got 0$/],
    [["--seconds=0.000001x"], /^--seconds must be a number above 0, got 0.000001x$/],
    [["--seconds", "Infinity"], /^--seconds must be a number above 0, got Infinity$/],
    [["--rounds", "0"], /^--rounds must be a whole number of at least 1, got 0$/],
    [["--rounds", "1.5"], /^--rounds must be a whole number of at least 1, got 1.5$/],
    [["--rounds="], /^--rounds must be a whole number of at least 1, got nothing$/],
    [["--seed=-1"], /^--seed must be a whole number of at least 0, got -1$/],
    [["--rows", "flat,peked"], /^--rows must be one of peaked, flat, got peked; did you mean "peaked"\?$/],
    [["--built=yes"], /^--built takes no value, got yes$/],
    [["--built", "--built"], /^--built is given more than once$/],
    [["fuz"], /^PROOF must be one of fuzz, replay, got fuz; did you mean "fuzz"\?$/],
  ])("%j", (words, sentence) => {
    expect(() => read(...words)).toThrow(Misuse);
    expect(() => read(...words)).toThrow(sentence);
  });

  test.each([["--seed=0"], ["--rounds=1"], ["--seconds=1e-9"]])("%s is the least", (word) => {
    expect(() => read(word)).not.toThrow();
  });

  test("words where none are expected, and more than there may be", () => {
    const { operands, ...plain } = COMMAND;
    expect(() => readWords(plain, ["fuzz"])).toThrow("expected only options, got fuzz");
    const one = { ...COMMAND, operands: { ...operands, count_max: 1 } };
    expect(() => readWords(one, ["fuzz"])).not.toThrow();
    expect(() => readWords(one, ["fuzz", "replay"])).toThrow("expected at most 1 PROOF, got replay as well");
  });
});

test.each(["--help", "-h"])("%s tells every option with its default, whatever else is asked", (word) => {
  const help = read(word, "--nonsense");
  expect(help).toBe(helpOf(COMMAND));
  expect(help).toMatch(/^npm run test-command -- \[options\] \[PROOF …\]\n\nDoes something\.\n\nAnd then/);
  for (const [name, { about }] of Object.entries(COMMAND.options)) {
    expect(help).toContain(`--${name}`);
    expect(help).toContain(about);
  }
  expect(help).toContain("length of a turn (default 1.5)");
  expect(
    String(help)
      .split("\n")
      .every((line) => line.length <= 100),
  ).toBe(true);
});

test.each(["--version", "-v"])("%s tells the version", (word) => {
  expect(read(word)).toBe(`logit-sampler ${VERSION}\n`);
});

describe("what a program throws", () => {
  async function ended(program: () => void): Promise<{ said: string; code: unknown }> {
    const { exitCode } = process;
    const { write } = process.stderr;
    let said = "";
    process.stderr.write = ((chunk: string) => (said += chunk)) as unknown as typeof write; // nothing else is used
    try {
      await run(program);
      return { said, code: process.exitCode };
    } finally {
      process.stderr.write = write;
      process.exitCode = exitCode;
    }
  }
  const fail = (error: unknown) => () => {
    throw error;
  };

  test.each([
    ["an Error becomes its sentence", new Error("the build failed"), /^the build failed\n$/, 1],
    ["misuse ends with 2", new Misuse("--write needs every scenario"), /^--write needs every scenario\n$/, 2],
    [
      "what the system says becomes a sentence",
      Object.assign(new TypeError("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" }),
      /^connect ECONNREFUSED\n$/,
      1,
    ],
    [
      "a file that is not there is told by its name",
      Object.assign(new Error("ENOENT: no such file or directory, open 'a.npy'"), {
        code: "ENOENT",
        syscall: "open",
        path: "a.npy",
      }),
      /^there is no file a\.npy\n$/,
      1,
    ],
    [
      "a full disk is told as such",
      Object.assign(new Error("ENOSPC: no space left on device, write"), {
        code: "ENOSPC",
        syscall: "write",
        path: "out.json",
      }),
      /^the disk of out\.json is full\n$/,
      1,
    ],
    ["a defect keeps its stack", new TypeError("x is not a function"), /^TypeError: x is.*\n {4}at /, 1],
  ])("%s", async (_name, error, sentence, code) => {
    const told = await ended(fail(error));
    expect(told.said).toMatch(sentence);
    expect(told.code).toBe(code);
  });

  test("nothing: nothing is said", async () => {
    expect((await ended(() => undefined)).said).toBe("");
  });
});
