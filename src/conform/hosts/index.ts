/** Hosts that run in this process. To add one: its file, and one line here. */
import { VERSION } from "../../config/version.ts";
import type { ListedHost } from "./host.ts";

export const HOSTS: readonly ListedHost[] = [
  {
    name: "logit-sampler",
    load: async () => {
      const { answerOfCore } = await import("../core.ts");
      return { version: `logit-sampler ${VERSION}`, answer: answerOfCore };
    },
  },
  {
    name: "transformers.js",
    load: async () => (await import("./transformers-js.ts")).transformersJs(),
  },
];
