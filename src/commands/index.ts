/** The commands, in the order in which --help lists them. */
import type { Listed } from "./command.ts";

const WORKING: readonly Listed[] = [
  {
    name: "serve",
    about: "the service: logits in, token out, over HTTP",
    load: async () => (await import("./serve.ts")).SERVE,
  },
  {
    name: "demo",
    about: "starts the service and shows what it answers to examples",
    load: async () => (await import("./demo.ts")).DEMO,
  },
  {
    name: "sample",
    about: "a token for every row, as /v1/sample draws it",
    load: async () => (await import("./sample.ts")).SAMPLE,
  },
  {
    name: "generate",
    about: "text of a running llama-server, vLLM or SGLang, its tokens drawn here",
    load: async () => (await import("./generate.ts")).GENERATE,
  },
  {
    name: "audit",
    about: "whether a running engine's own sampler does what its options say",
    load: async () => (await import("./audit.ts")).AUDIT,
  },
  {
    name: "conform",
    about: "the conformance suite against a function, a program, a host or a running server",
    load: async () => (await import("./conform.ts")).CONFORM,
  },
  {
    name: "score",
    about: "cross-entropy, perplexity and ranks of the classes that came",
    load: async () => (await import("./score.ts")).SCORE,
  },
  {
    name: "diagnose",
    about: "how often the model was confident, torn or unsure, and how its figures spread",
    load: async () => (await import("./diagnose.ts")).DIAGNOSE,
  },
  {
    name: "calibrate",
    about: "the temperature with the smallest cross-entropy, ECE and diagrams before and after",
    load: async () => (await import("./calibrate.ts")).CALIBRATE,
  },
  {
    name: "cover",
    about: "how often conformal sets hold the class that came, and how large they are",
    load: async () => (await import("./cover.ts")).COVER,
  },
  {
    name: "replay",
    about: "whether logged tokens are those that their rows, options and seed give",
    load: async () => (await import("./replay.ts")).REPLAY,
  },
  {
    name: "detect",
    about: "which texts bear a watermark",
    load: async () => (await import("./detect.ts")).DETECT,
  },
  {
    name: "merge",
    about: "adds up what score, diagnose, calibrate, cover, replay and detect kept of parts",
    load: async () => (await import("./merge.ts")).MERGE,
  },
];

export const COMMANDS: readonly Listed[] = [
  ...WORKING,
  {
    name: "completion",
    about: "completion of commands and options, for bash, zsh, fish",
    load: async () => (await import("./completion.ts")).completion(WORKING),
  },
];
