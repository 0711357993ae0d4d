/** What routes are given: the configuration, the sampler, and the rows of the worker. */
import type { FastifyBaseLogger } from "fastify";
import type { Config } from "../../config/config.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { WireLimits } from "../../wire/limits.ts";
import { Remembered } from "../../wire/remembered.ts";
import type { SharedMemory } from "../../wire/shared-memory.ts";
import { Admission } from "../admission/admission.ts";
import { type Collector, createCollector } from "../node/collect.ts";
import { Counters } from "../observe/counters.ts";
import type { WorkerCounts } from "../observe/metrics.ts";
import { noStatistics, type Statistics } from "../observe/statistics.ts";
import type { Tracing } from "../observe/telemetry.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";

/** A stream, as the end of the server sees it. */
export interface OpenStream {
  /** Ends the stream once the message that is arriving has been answered. */
  finish(): void;
}

export interface Service {
  readonly config: Config;
  readonly log: FastifyBaseLogger | undefined;
  readonly sampler: Sampler;
  readonly admission: Admission;
  readonly wire: WireLimits;
  /** what was said of steps before */
  readonly remembered: Remembered;
  /** what every request passes on its way in and out */
  readonly lifecycle: Lifecycle;
  /** what is counted */
  readonly counters: Counters;
  /** what is counted of inferences */
  readonly inferences: Statistics;
  /** rows that are not in bodies; undefined: switched off */
  readonly shared_memory: SharedMemory | undefined;
  /** streams that are open */
  readonly streams: Set<OpenStream>;
  /** of the memory that bodies arrive in */
  readonly collector: Collector;
  /** what the primary told of all workers the last time; undefined: nothing yet, or there is none */
  readonly health: { workers: WorkerCounts | undefined };
}

export interface ServiceParts {
  readonly config: Config;
  readonly sampler: Sampler;
  readonly log?: FastifyBaseLogger | undefined;
  readonly tracing?: Tracing | undefined;
  readonly shared_memory?: SharedMemory | undefined;
}

export function createService({ config, sampler, log, tracing, shared_memory }: ServiceParts): Service {
  const { limits } = config;
  const collector = createCollector(limits.collect_bytes);
  const admission = new Admission(sampler, limits, collector.collectAll);
  const counters = new Counters();
  return {
    config,
    log,
    sampler,
    admission,
    counters,
    inferences: noStatistics(),
    lifecycle: createLifecycle({ config, counters, admission, log, tracing }),
    wire: {
      ...limits,
      options: { ...limits, sources_max: Math.min(limits.sources_max, limits.rows_max) },
    },
    remembered: new Remembered(),
    shared_memory,
    streams: new Set(),
    collector,
    health: { workers: undefined },
  };
}
