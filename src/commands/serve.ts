/** `logit-sampler serve`: the service. Other commands have no use for what it is made of, so it is loaded when asked for. */
import { type Command, called } from "./command.ts";

export const SERVE: Command = {
  options: [],
  async run(words) {
    const { serve } = await import("./service.ts");
    await serve(called("serve"), words);
  },
};
