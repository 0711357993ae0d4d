/** The commands, in the order of --help. */
import type { Listed } from "./command.ts";

const WORKING: readonly Listed[] = [
  {
    name: "serve",
    about: "the service: logits in, token out, over HTTP",
    load: async () => (await import("./serve.ts")).SERVE,
  },
  {
    name: "demo",
    about: "starts the service and shows its replies to examples",
    load: async () => (await import("./demo.ts")).DEMO,
  },
  {
    name: "sample",
    about: "draws a token for every row, like /v1/sample",
    load: async () => (await import("./sample.ts")).SAMPLE,
  },
  {
    name: "generate",
    about: "writes a text with a running llama-server, vLLM or SGLang, with tokens drawn here",
    load: async () => (await import("./generate.ts")).GENERATE,
  },
  {
    name: "audit",
    about: "checks that a running engine's own sampler does what its options say",
    load: async () => (await import("./audit.ts")).AUDIT,
  },
  {
    name: "conform",
    about: "the conformance suite against a function, a program, a host or a running server",
    load: async () => (await import("./conform.ts")).CONFORM,
  },
  {
    name: "score",
    about: "cross-entropy, perplexity and ranks of the true classes",
    load: async () => (await import("./score.ts")).SCORE,
  },
  {
    name: "diagnose",
    about: "how often the model was confident, torn or unsure, and the distribution of its figures",
    load: async () => (await import("./diagnose.ts")).DIAGNOSE,
  },
  {
    name: "calibrate",
    about: "the temperature with the smallest cross-entropy, ECE and diagrams before and after",
    load: async () => (await import("./calibrate.ts")).CALIBRATE,
  },
  {
    name: "cover",
    about: "how often conformal sets contain the true class, and how large they are",
    load: async () => (await import("./cover.ts")).COVER,
  },
  {
    name: "replay",
    about: "checks that logged tokens are those that their rows, options and seed give",
    load: async () => (await import("./replay.ts")).REPLAY,
  },
  {
    name: "detect",
    about: "detects watermarks in texts",
    load: async () => (await import("./detect.ts")).DETECT,
  },
  {
    name: "merge",
    about: "adds up the sums that score, diagnose, calibrate, cover, replay and detect wrote",
    load: async () => (await import("./merge.ts")).MERGE,
  },
];

export const COMMANDS: readonly Listed[] = [
  ...WORKING,
  {
    name: "completion",
    about: "shell completion for bash, zsh and fish",
    load: async () => (await import("./completion.ts")).completion(WORKING),
  },
];
