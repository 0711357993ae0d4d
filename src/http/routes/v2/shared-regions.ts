/**
 * Keeps the registered regions equal in all processes of a service. A change goes over the bus, which delivers questions to
 * all processes in one order: two clients that want one name get the same answer everywhere. The primary keeps the table
 * too, without opening files, so that a new worker learns all regions.
 */
import { randomUUID } from "node:crypto";
import type { Config } from "../../../config/config.ts";
import { Problem, type ProblemCode } from "../../../errors.ts";
import { type Region, type RegionRequest, RegionTable, SharedMemory } from "../../../wire/shared-memory.ts";
import { type Bus, type BusMessage, createWorkerBus } from "../../bus/bus.ts";
import type { Peer } from "../../bus/relay.ts";

const CHANGE = "shared_memory.change";
const LIST = "shared_memory.list";

type Change = { readonly add: Region } | { readonly remove: string | null };

interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
}

/** The operations of a worker's memory and of the primary's table. */
interface Regions {
  add(region: Region): void;
  remove(name?: string): void;
}

/** The shared memory of a worker, kept equal to that of the others. */
export class SharedRegions {
  readonly memory: SharedMemory;
  readonly #bus: Bus;
  /** identifies this worker's questions */
  readonly #ticket = randomUUID();
  /** changes that came while the table was being fetched; undefined afterwards */
  #waiting: Change[] | undefined = [];

  constructor({ shared_memory_dir, limits }: Config, bus: Bus) {
    this.memory = new SharedMemory(shared_memory_dir, limits);
    this.#bus = bus;
    bus.answer(CHANGE, (change) => this.#take(change as Change)); // sent by #change, below
    bus.answer(LIST, (ticket) => this.#list(ticket));
  }

  /** Fetches the registered regions. Call before the first request can come. */
  async fetch(): Promise<void> {
    const { replies } = await this.#bus.ask(LIST, this.#ticket);
    const regions = replies.find((reply) => Array.isArray(reply)) as readonly Region[] | undefined; // see #list
    for (const region of regions ?? []) this.memory.add(region);
    for (const change of this.#waiting ?? []) apply(this.memory, change);
    this.#waiting = undefined;
  }

  /** Resolves when every worker knows the region. Throws a Problem when it cannot be registered. */
  async register(name: string, request: RegionRequest): Promise<void> {
    await this.#change({ add: this.memory.inspect(name, request) });
  }

  /** Resolves when every worker has forgotten the region, or all of them. */
  async unregister(name?: string): Promise<void> {
    await this.#change({ remove: name ?? null });
  }

  async #change(change: Change): Promise<void> {
    const { replies } = await this.#bus.ask(CHANGE, change);
    const refusal = replies.find((reply) => reply !== "done") as Refusal | undefined; // see apply
    if (refusal !== undefined) throw new Problem(refusal.code, refusal.detail);
  }

  #take(change: Change): "done" | Refusal {
    if (this.#waiting === undefined) return apply(this.memory, change);
    this.#waiting.push(change);
    return "done";
  }

  /** Changes before this worker's question are part of every answer to it; later changes follow it. */
  #list(ticket: unknown): readonly Region[] | undefined {
    if (this.#waiting === undefined) return this.memory.regions;
    if (ticket === this.#ticket) this.#waiting = [];
    return undefined;
  }
}

/** The primary takes part in the bus as one more process. `say` sends its answer. */
export function keepRegions({ limits }: Config, say: (message: BusMessage) => void): Peer {
  const table = new RegionTable(limits);
  let hear: (message: unknown) => void = () => undefined;
  const bus = createWorkerBus({
    send: say,
    onMessage(take) {
      hear = take;
    },
  });
  // Workers report what is wrong with a change; the primary applies only valid ones.
  bus.answer(CHANGE, (change) => void apply(table, change as Change));
  bus.answer(LIST, () => table.all);
  return { id: PRIMARY_ID, isConnected: () => true, send: hear };
}

/** Workers are numbered from 1 on. */
const PRIMARY_ID = 0;

function apply(regions: Regions, change: Change): "done" | Refusal {
  try {
    if ("add" in change) regions.add(change.add);
    else regions.remove(change.remove ?? undefined);
    return "done";
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { code: error.code, detail: error.message };
  }
}
