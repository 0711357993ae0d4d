/** What routes are given: the configuration, the sampler, and the rows of the worker. */
import type { Config } from "../config.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { WireLimits } from "../wire/step-reader.ts";
import { type Admission, createAdmission } from "./admission.ts";
import { createCollector } from "./collect.ts";

export interface Service {
  readonly config: Config;
  readonly sampler: Sampler;
  readonly admission: Admission;
  readonly wire: WireLimits;
  /** told the size of every chunk of a body */
  received(bytes: number): void;
}

export function createService(config: Config, sampler: Sampler): Service {
  const { limits } = config;
  return {
    config,
    sampler,
    admission: createAdmission(sampler, limits.rows_max),
    wire: { ...limits, options: limits },
    received: createCollector(limits.collect_bytes),
  };
}
