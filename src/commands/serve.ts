/** `logit-sampler serve`: the service. Its modules are loaded on use, because other commands do not need them. */
import { type Command, called } from "./command.ts";

export const SERVE: Command = {
  options: [],
  async run(words) {
    const { serve } = await import("./service.ts");
    await serve(called("serve"), words);
  },
};
