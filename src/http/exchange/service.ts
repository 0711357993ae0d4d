/** What routes need: the configuration, the sampler, and the rows of the worker. */
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

/** A stream, as the shutdown of the server sees it. */
export interface OpenStream {
  /** Ends the stream once the arriving message has been answered. */
  finish(): void;
}

export interface Service {
  readonly config: Config;
  readonly log: FastifyBaseLogger | undefined;
  readonly sampler: Sampler;
  readonly admission: Admission;
  readonly wire: WireLimits;
  /** parsed options of earlier requests */
  readonly remembered: Remembered;
  /** called at the start and the end of every request */
  readonly lifecycle: Lifecycle;
  /** counters of the worker */
  readonly counters: Counters;
  /** statistics of inferences */
  readonly inferences: Statistics;
  /** rows in shared memory; undefined when it is switched off */
  readonly shared_memory: SharedMemory | undefined;
  /** streams that are open */
  readonly streams: Set<OpenStream>;
  /** collector of the memory in which bodies arrive */
  readonly collector: Collector;
  /** the primary's last report on all workers; undefined before the first, or without a primary */
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
