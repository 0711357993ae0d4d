/**
 * The sampler in the memory of another program: the entry point of the bundle for Python. `logit_sampler.create` makes it.
 * Its other functions take no arguments, because these are on the desk.
 */

import { Buffer } from "node:buffer";
import { createKernelReader, type RowReader } from "../analysis/row-reader.ts";
import { Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import { watermarkKeys } from "../sampling/draw/watermark/keys.ts";
import { SYSTEM_FINGERPRINT } from "../sampling/fingerprint.ts";
import { DEFAULT_OPTION_LIMITS } from "../sampling/options/option-limits.ts";
import { createSampler } from "../sampling/sampler.ts";
import type { CommonTokens } from "../vocabulary/common-tokens.ts";
import { demoVocabulary } from "../vocabulary/demo.ts";
import { tokensOfGguf } from "../vocabulary/gguf.ts";
import { tokensOfTiktoken } from "../vocabulary/tiktoken.ts";
import { tokensOfTokenizerJson } from "../vocabulary/tokenizer-json.ts";
import { type Vocabularies, vocabulariesOf } from "../vocabulary/vocabularies.ts";
import { createVocabulary, type Vocabulary } from "../vocabulary/vocabulary.ts";
import type { WireContext } from "../wire/step-reader.ts";
import { Desk } from "./desk.ts";
import { keyRandomness } from "./platform.ts";
import { CALLS, type Call, type Parts } from "./requests.ts";
import { Steps } from "./steps.ts";
import { Streams } from "./streams.ts";

/** The host's configuration, given once. */
interface Setup {
  readonly vocab_size_max: number;
  /** by id, as decimal text */
  readonly watermark_keys: Readonly<Record<string, readonly string[]>>;
}

/** Rows in memory at once: the longest draft has 17 of the target and 16 of the drafter. */
const ROWS_MAX = 33;
/** maximum bytes of JSON without its numbers */
const TEXT_BYTES_MAX = 64 * 1024 * 1024;
const BATCH_ROWS_MAX = 65_536;

/** The description of a new sampler for the host, as JSON. */
interface Told {
  readonly desk: number;
  readonly box: number;
  readonly box_bytes: number;
  readonly row: number;
  readonly calls: readonly string[];
  readonly system_fingerprint: string;
}

type Functions = Readonly<Record<string, () => void>>;

function create(setup: Setup): string {
  const { vocab_size_max } = setup;
  const secrets = Object.entries(setup.watermark_keys).map(([id, list]) => [id, list.map(BigInt)] as const);
  const keys = watermarkKeys(Object.fromEntries(secrets));
  const known = new KnownVocabularies();
  const sampler = createSampler({ vocab_size_max, rows_max: ROWS_MAX + 1 }, undefined, {
    keys,
    vocabularies: known,
  });
  const rows = Array.from({ length: ROWS_MAX + 1 }, () => sampler.leaseRow() as Row); // as many as there are
  const desk = new Desk(sampler.arrivals, rows[ROWS_MAX] as Row);
  const limits = {
    vocab_size_max,
    batch_rows_max: BATCH_ROWS_MAX,
    rows_max: ROWS_MAX,
    json_text_bytes_max: TEXT_BYTES_MAX,
    options: DEFAULT_OPTION_LIMITS,
  };
  const context: WireContext = {
    limits,
    vocabularies: sampler.vocabularies,
    lease: (index = 0) => rowAt(rows, index),
  };
  const parts: Parts = {
    sampler,
    keys,
    reader: lazyReader(Math.max(2, vocab_size_max)),
    context,
    analysis_rows_max: BATCH_ROWS_MAX,
  };
  const row = rows[0] as Row;
  Object.assign(api, functionsOf(desk, parts, known, row), { memory: sampler.arrivals.buffer });
  const told: Told = {
    desk: desk.values.byteOffset,
    box: desk.box.byteOffset,
    box_bytes: desk.box.length,
    row: row.address,
    calls: Object.keys(CALLS),
    system_fingerprint: SYSTEM_FINGERPRINT,
  };
  return JSON.stringify(told);
}

function functionsOf(desk: Desk, parts: Parts, known: KnownVocabularies, row: Row): Functions {
  const { sampler, context } = parts;
  const { values } = desk;
  const steps = new Steps(desk, sampler, context, row);
  const streams = new Streams(desk, sampler, context, row);
  const bodies = new Bodies(desk, parts);
  return {
    randomness: () => desk.run(() => void keyRandomness(desk.arrived(32))),
    plan: () => desk.run(() => steps.plan(values[0] ?? 0)),
    forget: () => desk.run(() => void steps.forget()),
    step: () => desk.run(() => steps.step()),
    request: () => desk.run(() => bodies.request()),
    begin: () => desk.run(() => void bodies.begin()),
    write: () => desk.run(() => void bodies.write()),
    end: () => desk.run(() => bodies.end()),
    more: () => desk.more(),
    openStream: () => desk.run(() => streams.open(values[0] ?? 0)),
    messageStream: () => desk.run(() => streams.message()),
    stepStream: () => desk.run(() => streams.step()),
    closeStream: () => desk.run(() => void streams.close(values[0] ?? 0)),
    feed: () => desk.run(() => void desk.feed(values[0] ?? 0)),
    /** Reads a vocabulary. Its head, as JSON, comes before its bytes; both lengths are on the desk. */
    vocabulary: () => desk.run(() => void known.add(desk.all(values[0] ?? 0), values[1] ?? 0)),
  };
}

/** The last row is the desk's. */
function rowAt(rows: readonly Row[], index: number): Row {
  if (index < ROWS_MAX) return rows[index] as Row; // there are as many
  throw new Problem(
    "limit_exceeded",
    `at most ${ROWS_MAX} rows are in memory at once (rows_max), got a call that needs more`,
  );
}

/** The reader of analyses, made on first use, because most samplers make none. */
function lazyReader(classes_max: number): () => RowReader {
  let reader: RowReader | undefined;
  return () => {
    reader ??= createKernelReader(classes_max);
    return reader;
  };
}

/** One body at a time. */
class Bodies {
  readonly #desk: Desk;
  readonly #parts: Parts;
  #call: Call | undefined;

  constructor(desk: Desk, parts: Parts) {
    this.#desk = desk;
    this.#parts = parts;
  }

  /** A body that is in the box as a whole. */
  request(): string {
    this.begin();
    this.#write(this.#desk.values[2] ?? 0);
    return this.end();
  }

  /** The number of the call, and the bytes of the header before its tensor; −1: the body is JSON. */
  begin(): void {
    const [index = 0, header_bytes = 0] = this.#desk.values;
    const name = Object.keys(CALLS)[index] ?? "";
    const open = CALLS[name];
    if (open === undefined) throw new Error(`there is no call ${index}`);
    this.#call = open(header_bytes < 0 ? "json" : { header_bytes }, this.#parts);
  }

  /** The next bytes of a longer body. */
  write(): void {
    this.#write(this.#desk.values[0] ?? 0);
  }

  end(): string {
    const call = this.#running;
    this.#call = undefined;
    call.reader.end();
    call.advance();
    return call.reply();
  }

  #write(bytes: number): void {
    const call = this.#running;
    call.reader.write(this.#desk.arrived(bytes));
    call.advance();
    call.reader.keep?.();
  }

  get #running(): Call {
    if (this.#call === undefined) throw new Error("a body is begun first");
    return this.#call;
  }
}

/** Vocabularies that are added after the sampler was made. */
class KnownVocabularies implements Vocabularies {
  /** undefined: only the built-in one, which is made on first use */
  #made: Vocabularies | undefined;

  get #known(): Vocabularies {
    this.#made ??= vocabulariesOf([demoVocabulary()]);
    return this.#made;
  }

  get all(): readonly Vocabulary[] {
    return this.#known.all;
  }

  get standard(): Vocabulary | undefined {
    return this.#made?.standard;
  }

  of(name: string | undefined): Vocabulary | undefined {
    return name === undefined ? this.#made?.of(name) : this.#known.of(name);
  }

  common(target: Vocabulary, draft: Vocabulary): CommonTokens {
    return this.#known.common(target, draft);
  }

  /**
   * Reads a vocabulary whose head, as JSON, is the first `head_bytes`. The last one marked as default is the
   * default.
   */
  add(bytes: Uint8Array, head_bytes: number): void {
    const head = Buffer.from(bytes.subarray(0, head_bytes)).toString();
    // The host writes it next to this file.
    const { name, kind, end_ids, is_standard } = JSON.parse(head) as VocabularyHead;
    const made = READERS[kind](bytes.subarray(head_bytes), name, end_ids ?? undefined);
    const all = [...this.all.filter((each) => each.name !== name), made];
    this.#made = vocabulariesOf(all, is_standard ? name : this.standard?.name);
  }
}

interface VocabularyHead {
  readonly name: string;
  readonly kind: keyof typeof READERS;
  readonly end_ids: readonly number[] | null;
  readonly is_standard: boolean;
}

type ReadVocabulary = (bytes: Uint8Array, name: string, end_ids: readonly number[] | undefined) => Vocabulary;

const READERS = {
  json: (bytes, name, end_ids) =>
    createVocabulary(name, tokensOfTokenizerJson(Buffer.from(bytes).toString(), end_ids)),
  tiktoken: (bytes, name) => createVocabulary(name, tokensOfTiktoken(Buffer.from(bytes).toString(), name)),
  gguf: (bytes, name) => createVocabulary(name, tokensOfGguf(bytes)),
  demo: () => demoVocabulary(),
} satisfies Record<string, ReadVocabulary>;

const api: Record<string, unknown> = { create };
Object.defineProperty(globalThis, "logit_sampler", { value: api });
