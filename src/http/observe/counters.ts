/**
 * The counters of a worker: plain numbers, so that counting costs nanoseconds. They become metrics when GET /metrics is
 * called (metrics.ts).
 */
import { assert, PROBLEMS, type ProblemCode } from "../../errors.ts";
import type { Sampled } from "../../sampling/report/report.ts";
import { VERIFY_METHODS } from "../../sampling/verify/index.ts";
import type { Verified } from "../../sampling/verify/verify.ts";
import { BODY_FORMS, type BodyForm } from "../../wire/row-source.ts";

/** The kind of request that a step was part of. */
const TRANSPORTS = ["unary", "batch", "stream", "verify", "beam"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A histogram as Prometheus defines it: counts of values at most each bound, their number and their sum. */
export class Distribution {
  readonly bounds: Float64Array;
  /** counts of values above the previous bound and at most this one; the last is for values above all bounds */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.from(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    counts[index] = (counts[index] as number) + 1;
    this.sum += value;
  }
}

const REQUEST_SECONDS = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const SAMPLING_SECONDS = [
  10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1,
];
const KEPT = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000];
const NATS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12];

/** A route, by which requests are counted. */
export class RouteCounters {
  readonly method: string;
  /** its pattern, never the path that a client sent */
  readonly route: string;
  /** whether keys and rates apply to it */
  readonly guarded: boolean;
  /** requests answered, by HTTP status; 499: the client went away before its answer */
  readonly by_status = new Map<number, number>();
  readonly seconds = new Distribution(REQUEST_SECONDS);

  constructor(method: string, route: string, guarded: boolean) {
    this.method = method;
    this.route = route;
    this.guarded = guarded;
  }

  answered(status: number, seconds: number): void {
    this.by_status.set(status, (this.by_status.get(status) ?? 0) + 1);
    this.seconds.add(seconds);
  }
}

/** Time that each stage took, in steps with a timed trace. */
export interface StageTime {
  seconds: number;
  steps: number;
}

/** Drafts that were verified, by the method. */
export interface Drafts {
  drafts: number;
  /** drafted tokens; in a tree all of its nodes */
  drafted: number;
  /** drafted tokens that became part of a text */
  accepted: number;
}

/** A draft that was verified: its reply, and the number of its tokens. */
export interface VerifiedDraft {
  readonly reply: Pick<Verified, "method" | "accepted" | "positions">;
  readonly drafted: number;
}

export class Counters {
  readonly routes: RouteCounters[] = [];
  /** requests under way */
  in_flight = 0;
  /** All codes are present from the start: Prometheus sees no increase in a counter that did not exist before. */
  readonly rejections = new Map(Object.keys(PROBLEMS).map((code) => [code as ProblemCode, 0]));
  readonly bytes = new Map<BodyForm, number>(BODY_FORMS.map((form) => [form, 0]));
  readonly tokens = new Map<Transport, number>(TRANSPORTS.map((transport) => [transport, 0]));
  readonly sampling_seconds = new Distribution(SAMPLING_SECONDS);
  readonly kept = new Distribution(KEPT);
  /** entropy of the distribution drawn from, in steps whose trace reports it */
  readonly entropy = new Distribution(NATS);
  readonly stages = new Map<string, StageTime>();
  readonly drafts = new Map<string, Drafts>(
    VERIFY_METHODS.map(({ name }) => [name, { drafts: 0, drafted: 0, accepted: 0 }]),
  );

  /** The counters of a route. Pages and health checks are not guarded. */
  route(method: string, route: string, guarded: boolean): RouteCounters {
    const known = this.routes.find((each) => each.method === method && each.route === route);
    if (known !== undefined) return known;
    const made = new RouteCounters(method, route, guarded);
    this.routes.push(made);
    return made;
  }

  /** Counts the bytes of a body, or of a stream's message, by the form of its logits. */
  received(form: BodyForm, bytes: number): void {
    this.bytes.set(form, (this.bytes.get(form) ?? 0) + bytes);
  }

  /** A step was sampled. */
  sampled({ kept, draws, trace }: Sampled, transport: Transport, seconds: number): void {
    this.tokens.set(transport, (this.tokens.get(transport) ?? 0) + (draws?.length ?? 1));
    this.sampling_seconds.add(seconds);
    this.kept.add(kept);
    if (trace !== undefined) this.#traced(trace);
  }

  /** A draft was verified, in this time. */
  verified({ reply, drafted }: VerifiedDraft, seconds: number): void {
    const { method, accepted, positions } = reply;
    const sums = this.drafts.get(method);
    assert(sums !== undefined, "every method has its counts from the start");
    sums.drafts += 1;
    sums.drafted += drafted;
    sums.accepted += accepted;
    for (const sampled of positions) this.sampled(sampled, "verify", seconds / positions.length);
  }

  /** A step of a search made this number of beams. */
  searched(beams: number, seconds: number): void {
    this.tokens.set("beam", (this.tokens.get("beam") ?? 0) + beams);
    this.sampling_seconds.add(seconds);
  }

  rejected(code: ProblemCode): void {
    this.rejections.set(code, (this.rejections.get(code) ?? 0) + 1);
  }

  #traced(trace: NonNullable<Sampled["trace"]>): void {
    const last = trace.at(-1);
    if (last !== undefined) this.entropy.add(last.entropy);
    for (const { stage, us } of trace) {
      if (us === undefined) continue;
      const time = this.stages.get(stage) ?? { seconds: 0, steps: 0 };
      time.seconds += us / 1e6;
      time.steps += 1;
      this.stages.set(stage, time);
    }
  }
}
