/**
 * Tracks the position in a JSON text: nesting, keys, and the places that hold rows of logits. It receives the
 * structural characters outside strings. It does not validate: on invalid JSON its answers may be wrong, but
 * JSON.parse rejects the text later.
 */
import { Problem, pointerTo, shorten, show } from "../../errors.ts";
import type { OptionLimits } from "../../sampling/options/option-limits.ts";
import { LONG_LIST } from "./long-list.ts";

/** The places of rows: `logits` or `sources[j].logits`, the same in `rows[i]`, `logits` or `rows[i].logits`, or none. */
export type Places = "step" | "batch" | "either" | "none";

/** An array that goes to a scanner of numbers or of token ids instead of JSON.parse. */
export type ScannedArray = "dense" | "values" | "token_ids";

const DEPTH_MAX = 64;

/**
 * Maximum number of keys of an object of options. There are fewer than a hundred options, and a million keys would take
 * seconds to read.
 */
const KEYS_MAX = 1024;

/**
 * Maximum number of entries of any other object: biases, positions, thresholds by label. JSON.parse takes 0.7 s for
 * 700,000 entries, and each later use as long, so they are counted during the scan. It is larger when biases may be
 * more.
 */
const ENTRIES_MAX = 65_536;

interface Frame {
  /** the role of the frame */
  readonly kind: "other" | "body" | "rows" | "row" | "sources" | "source" | "logits";
  readonly is_object: boolean;
  /** keys so far, in objects of options, where none may come twice */
  readonly keys: Set<string>;
  /** the current key, when it is known */
  readonly name: string | undefined;
  /** number of its commas so far */
  entries: number;
}

const NO_KEYS: Set<string> = new Set();

export type NestingLimits = Pick<OptionLimits, "bias_entries_max" | "sources_max">;

export class Nesting {
  /** index of the step that the next byte belongs to, and of its row */
  row = 0;
  source = 0;
  readonly #places: Places;
  readonly #rows_max: number;
  readonly #sources_max: number;
  readonly #entries_max: number;
  readonly #frames: Frame[] = [];
  #top: Frame | undefined;
  #key: string | undefined;
  /** the next string in this object is a key */
  #at_key = false;

  constructor(places: Places, rows_max: number, { bias_entries_max, sources_max }: NestingLimits) {
    this.#places = places;
    this.#rows_max = rows_max;
    this.#sources_max = sources_max;
    this.#entries_max = Math.max(ENTRIES_MAX, bias_entries_max);
  }

  get depth(): number {
    return this.#frames.length;
  }

  get inObject(): boolean {
    return this.#top?.is_object ?? false;
  }

  /** True when a string that begins here is a key to be read. */
  get wantsKey(): boolean {
    return this.#at_key && this.#top !== undefined && this.#top.kind !== "other";
  }

  /** True when a string that begins here is packed data. */
  get atPacked(): boolean {
    return !this.#at_key && this.#key === "data" && this.#top?.kind === "logits";
  }

  /** True after that comma of a history from which on its ids are read apart from the text. */
  get atLongList(): boolean {
    const top = this.#top;
    if (top === undefined || top.entries !== LONG_LIST + 1) return false;
    if (top.name !== "history" || top.is_object) return false;
    const around = this.#frames.at(-2)?.kind;
    return around === "body" || around === "row";
  }

  /** Index of the row that the next byte belongs to; undefined where it is the body's own. */
  get ownRow(): number | undefined {
    return this.#isInside("row") ? this.row : undefined;
  }

  /** Pointer to the row that the next byte belongs to. */
  get rowPointer(): string {
    return this.#stepPointer + this.sourcePointer;
  }

  /** The part of the pointer from the step to the row. */
  get sourcePointer(): string {
    return this.#isInside("sources") ? `/sources/${this.source}` : "";
  }

  get #stepPointer(): string {
    return this.#places === "batch" || this.#isInside("rows") ? `/rows/${this.row}` : "";
  }

  #isInside(kind: Frame["kind"]): boolean {
    return this.#frames.some((frame) => frame.kind === kind);
  }

  /**
   * An opening bracket. Returns the kind of an array that is scanned; such an array does not count as
   * nesting.
   */
  open(is_object: boolean): ScannedArray | undefined {
    const scanned = is_object ? undefined : this.#scanned();
    const kind = this.#kindOf(is_object);
    const name = this.#key;
    this.#key = undefined;
    if (scanned === undefined) this.#push(kind, is_object, name);
    return scanned;
  }

  /** An array that was to be scanned counts as nesting after all. */
  enter(): void {
    this.#push("other", false, undefined);
  }

  #push(kind: Frame["kind"], is_object: boolean, name: string | undefined): void {
    if (this.depth >= DEPTH_MAX)
      throw new Problem("malformed_json", `the JSON text may be nested at most ${DEPTH_MAX} deep`);
    const keys = kind === "other" ? NO_KEYS : new Set<string>();
    this.#top = { kind, is_object, keys, name, entries: 1 };
    this.#frames.push(this.#top);
    this.#at_key = is_object;
  }

  close(): void {
    this.#frames.pop();
    this.#top = this.#frames.at(-1);
    this.#key = undefined;
    this.#at_key = false;
  }

  comma(): void {
    this.#key = undefined;
    const top = this.#top;
    this.#at_key = top?.is_object ?? false;
    if (top === undefined) return;
    if (top.kind === "rows") this.row += 1;
    if (top.kind === "sources") this.source += 1;
    top.entries += 1;
    if (top.entries > this.#entries_max && top.is_object) throw this.#tooManyEntries(top);
  }

  #tooManyEntries({ name }: Frame): Problem {
    const [pointer, what] = name === undefined ? ["", "an object"] : [pointerTo([name]), shorten(name)];
    const detail = `${what} may have at most ${this.#entries_max} entries, got more`;
    const row = this.#isInside("rows") ? `/rows/${this.row}` : "";
    return new Problem("limit_exceeded", detail, row + this.sourcePointer + pointer);
  }

  colon(): void {
    this.#at_key = false;
  }

  /** Called with each key of an object that needs its keys. */
  named(key: string): void {
    const keys = this.#top?.keys ?? NO_KEYS;
    if (keys.has(key))
      throw new Problem("malformed_json", `the key ${show(key)} appears twice`, this.#pointerTo(key));
    if (key === "__proto__")
      throw new Problem("unknown_option", `there is no option "__proto__"`, this.#pointerTo(key));
    if (keys.size >= KEYS_MAX)
      throw new Problem(
        "limit_exceeded",
        `an object of options may have at most ${KEYS_MAX} keys, got more`,
        this.#pointerTo(key),
      );
    keys.add(key);
    this.#key = key;
  }

  #pointerTo(key: string): string {
    const kind = this.#top?.kind;
    const place = kind === "body" ? "" : this.rowPointer + (kind === "logits" ? "/logits" : "");
    return place + pointerTo([key]);
  }

  #scanned(): ScannedArray | undefined {
    if (this.#at_key) return undefined;
    if (this.#key === "logits" && this.#holdsRow()) return "dense";
    if (this.#top?.kind !== "logits") return undefined;
    return this.#key === "values" || this.#key === "token_ids" ? this.#key : undefined;
  }

  #kindOf(is_object: boolean): Frame["kind"] {
    if (this.#top === undefined) return is_object ? "body" : "other";
    if (this.#at_key) return "other";
    if (is_object && this.#key === "logits" && this.#holdsRow()) return "logits";
    if (is_object && this.#top.kind === "rows") return this.#newRow();
    if (is_object && this.#top.kind === "sources") return this.#newSource();
    if (is_object || this.#top.kind === "sources") return "other";
    if (this.#key === "rows" && this.#top.kind === "body" && this.#mayHold("batch")) return "rows";
    if (
      this.#key === "sources" &&
      this.#top.kind !== "source" &&
      this.#holdsRow() &&
      this.#places !== "either"
    ) {
      this.source = 0;
      return "sources";
    }
    return "other";
  }

  #newSource(): "source" {
    if (this.source < this.#sources_max) return "source";
    throw new Problem(
      "limit_exceeded",
      `sources may ask for at most ${this.#sources_max} sources (sources_max), got more`,
      `${this.#stepPointer}/sources`,
    );
  }

  #newRow(): "row" {
    this.source = 0;
    if (this.row < this.#rows_max) return "row";
    const [what, limit] =
      this.#places === "either" ? ["request", "analysis_rows_max"] : ["batch", "batch_rows_max"];
    throw new Problem(
      "limit_exceeded",
      `a ${what} may have at most ${this.#rows_max} rows (${limit}), got more`,
      "/rows",
    );
  }

  #holdsRow(): boolean {
    const kind = this.#top?.kind;
    return kind === "row" || kind === "source" || (kind === "body" && this.#mayHold("step"));
  }

  #mayHold(places: "step" | "batch"): boolean {
    return this.#places === places || this.#places === "either";
  }
}
