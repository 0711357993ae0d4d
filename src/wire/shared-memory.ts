/**
 * Regions of shared memory: files of one directory that a host on the same machine has written logits into, by the
 * names under which they were registered. A row is read from its file straight into kernel memory.
 *
 * Nothing is mapped. Reading a file that was cut short returns fewer bytes, which is an error that can be reported;
 * a mapping would crash the process. A region's name is a key of a map and never part of a path; the file's name
 * must be a single component, and the file is opened for reading only, without following links.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { Problem, shorten, show } from "../errors.ts";
import { DTYPES, type Encoding, type Row, rowBytes } from "../kernels/kernel.ts";

/** The fields with which a client registers a region. */
export interface RegionRequest {
  /** name of the file, as `shm_open` takes it: with or without a slash in front */
  readonly key: string;
  /** where the region begins in the file, in bytes */
  readonly offset: number;
  readonly byte_size: number;
}

/** A region whose file was found and checked. */
export interface Region extends RegionRequest {
  readonly name: string;
  /** device and inode of the file, so that another file under the same name is refused */
  readonly file: string;
}

/** A range of bytes in a region. */
export interface RegionPart {
  readonly region: string;
  /** from the region's begin, in bytes */
  readonly offset: number;
  readonly byte_size: number;
}

export interface SharedMemoryLimits {
  readonly shared_memory_regions_max: number;
  readonly shared_memory_bytes_max: number;
}

/** A file name: visible characters, no slash except one at the beginning, no leading dot. */
const KEY = /^\/?((?!\.)[!-.0-[\]-~]{1,255})$/;
const NAME = /^[\x20-\x7e]{1,100}$/;

/** Does not follow links, and does not wait for the other end of a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The registered regions by name. All processes of a service apply the same changes in the same order, so their tables are equal.
 */
export class RegionTable {
  readonly #regions_max: number;
  readonly #regions = new Map<string, Region>();

  constructor({ shared_memory_regions_max }: Pick<SharedMemoryLimits, "shared_memory_regions_max">) {
    this.#regions_max = shared_memory_regions_max;
  }

  /** In the order in which they were registered. */
  get all(): readonly Region[] {
    return [...this.#regions.values()];
  }

  get(name: string): Region | undefined {
    return this.#regions.get(name);
  }

  add(region: Region): void {
    if (this.#regions.has(region.name))
      throw new Problem("option_conflict", `the region ${show(region.name)} is registered already`);
    if (this.#regions.size >= this.#regions_max)
      throw new Problem(
        "limit_exceeded",
        `at most ${this.#regions_max} regions (shared_memory_regions_max) may be registered; unregister one`,
      );
    this.#regions.set(region.name, region);
  }

  /** Unregisters a region, or all of them. A region that is not registered is no error. */
  remove(name?: string): void {
    if (name === undefined) this.#regions.clear();
    else this.#regions.delete(name);
  }
}

export class SharedMemory {
  readonly #directory: string;
  readonly #limits: SharedMemoryLimits;
  readonly #table: RegionTable;
  /** by name of the region; none when this process could not open the file any more */
  readonly #descriptors = new Map<string, number>();

  constructor(directory: string, limits: SharedMemoryLimits) {
    this.#directory = directory;
    this.#limits = limits;
    this.#table = new RegionTable(limits);
  }

  get regions(): readonly Region[] {
    return this.#table.all;
  }

  /** Throws the Problem `not_found` when there is no such region. */
  region(name: string): Region {
    const region = this.#table.get(name);
    if (region !== undefined) return region;
    throw new Problem("not_found", noRegion(name));
  }

  /** Checks the file of a region to register. Throws a Problem when it is unsuitable. */
  inspect(name: string, request: RegionRequest): Region {
    if (!NAME.test(name))
      throw new Problem("invalid_option", "the name of a region must have 1 to 100 visible characters");
    const { key, offset, byte_size } = request;
    const { shared_memory_bytes_max } = this.#limits;
    if (byte_size > shared_memory_bytes_max)
      throw new Problem(
        "limit_exceeded",
        `a region may have at most ${shared_memory_bytes_max} bytes (shared_memory_bytes_max), got ${byte_size}`,
        "/byte_size",
      );
    const descriptor = this.#open(key);
    try {
      const { size, file } = regularFile(descriptor, key);
      if (offset + byte_size > size)
        throw new Problem(
          "length_mismatch",
          `offset and byte_size must end within the ${size} bytes of ${shorten(key)}, got ${offset} and ${byte_size}`,
          "/byte_size",
        );
      return { name, key, offset, byte_size, file };
    } finally {
      closeSync(descriptor);
    }
  }

  /** Registers a region that was inspected, here or in another process, and keeps its file open. */
  add(region: Region): void {
    this.#table.add(region);
    const descriptor = this.#reopen(region);
    if (descriptor !== undefined) this.#descriptors.set(region.name, descriptor);
  }

  /** Forgets a region, or all of them. */
  remove(name?: string): void {
    for (const each of name === undefined ? [...this.#descriptors.keys()] : [name]) {
      const descriptor = this.#descriptors.get(each);
      if (descriptor !== undefined) closeSync(descriptor);
      this.#descriptors.delete(each);
    }
    this.#table.remove(name);
  }

  /** Begins a row and fills it with `elements` of a region. `pointer` leads to the reference in the request. */
  readRow(
    row: Row,
    encoding: Encoding,
    elements: number,
    at: Omit<RegionPart, "byte_size">,
    pointer: string,
  ): void {
    const { buffer, byteOffset } = row.values;
    const byte_size = rowBytes(encoding, elements);
    // Narrower elements are read into the end of their row and widened from its beginning on, so that no
    // unread byte is overwritten.
    const begin = byteOffset + Math.max(0, elements * DTYPES.f32.bytes - byte_size);
    const bytes = new Uint8Array(buffer, begin, byte_size);
    this.#read(bytes, { ...at, byte_size }, pointer);
    row.begin(encoding);
    if (encoding === "f32") row.wrote(elements);
    else row.append(bytes);
  }

  /** A copy of some bytes of a region. */
  readBytes(part: RegionPart, pointer: string): Uint8Array {
    const bytes = new Uint8Array(part.byte_size);
    this.#read(bytes, part, pointer);
    return bytes;
  }

  /** Checks a range against its region and against the present file, and reads it. */
  #read(target: Uint8Array, { region: name, offset, byte_size }: RegionPart, pointer: string): void {
    const region = this.#table.get(name);
    if (region === undefined) throw new Problem("invalid_option", noRegion(name), `${pointer}/region`);
    const descriptor = this.#descriptors.get(name);
    if (descriptor === undefined) throw goneProblem(region, pointer);
    if (offset + byte_size > region.byte_size)
      throw new Problem(
        "length_mismatch",
        `${byte_size} bytes from ${offset} on must lie within the ${region.byte_size} bytes of region ${show(name)}`,
        pointer,
      );
    const begin = region.offset + offset;
    if (begin + byte_size > fstatSync(descriptor).size) throw cutProblem(region, pointer);
    // The file may be cut between the two calls; the byte count then shows it.
    if (readSync(descriptor, target, 0, byte_size, begin) < byte_size) throw cutProblem(region, pointer);
  }

  #open(key: string): number {
    const file_name = KEY.exec(key)?.[1];
    if (file_name === undefined)
      throw new Problem(
        "invalid_option",
        `key must be the name of one file, without a path, got ${show(key)}`,
        "/key",
      );
    try {
      return openSync(join(this.#directory, file_name), OPEN_FLAGS);
    } catch (error) {
      const { code = "unknown error" } = error as NodeJS.ErrnoException; // fs throws only such errors
      throw new Problem(
        "invalid_option",
        `key must name a file that can be read, got ${shorten(key)} (${code})`,
        "/key",
      );
    }
  }

  /** Opens the inspected file; undefined when another file, or none, has its name now. */
  #reopen(region: Region): number | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = this.#open(region.key);
      if (regularFile(descriptor, region.key).file === region.file) return descriptor;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }
}

function regularFile(descriptor: number, key: string): { size: number; file: string } {
  const status = fstatSync(descriptor, { bigint: true });
  if (!status.isFile())
    throw new Problem(
      "invalid_option",
      `key must name a regular file, got ${shorten(key)}, which is none`,
      "/key",
    );
  return { size: Number(status.size), file: `${status.dev}:${status.ino}` };
}

/** The shared memory of the service. Throws a Problem when it is off. */
export function requireSharedMemory(memory: SharedMemory | undefined, pointer: string): SharedMemory {
  if (memory !== undefined) return memory;
  throw new Problem("invalid_option", SHARED_MEMORY_IS_OFF, pointer);
}

export const SHARED_MEMORY_IS_OFF =
  "shared memory is off here: it is for services started with SHARED_MEMORY=on";

function noRegion(name: string): string {
  return `there is no shared memory region ${show(name)}`;
}

function goneProblem({ name, key }: Region, pointer: string): Problem {
  return new Problem(
    "length_mismatch",
    `the file ${shorten(key)} of region ${show(name)} is not the one that was registered; register it again`,
    pointer,
  );
}

function cutProblem({ name, key, offset, byte_size }: Region, pointer: string): Problem {
  return new Problem(
    "length_mismatch",
    `the file ${shorten(key)} of region ${show(name)} is shorter than the ${offset + byte_size} bytes that were registered`,
    pointer,
  );
}
