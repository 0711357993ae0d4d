#!/usr/bin/env node
/** The service alone, as containers and tests start it: `logit-sampler serve` without the other commands. */
import { serve } from "./commands/service.ts";

await serve("logit-sampler", process.argv.slice(2));
