/** The service's output in a terminal: the lines at its start, its log, and the reason why it could not start. */
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { VERSION } from "../../../src/config/version.ts";
import { createLog } from "../../../src/http/observe/log.ts";
import { cannotListen, isCannotListen } from "../../../src/http/processes/cannot-listen.ts";
import { banner, readableLog } from "../../../src/http/processes/console.ts";

describe("the lines at the start", () => {
  const told = (environment: Record<string, string>) => banner(readConfig(environment), 8080);

  test("say name, version, playground, API pages, workers, and how to stop", () => {
    const lines = told({ WORKERS: "2" });
    expect(lines).toContain(`logit-sampler ${VERSION}\n`);
    expect(lines).toMatch(/playground +http:\/\/127\.0\.0\.1:8080\/\n/);
    expect(lines).toMatch(/API pages +http:\/\/127\.0\.0\.1:8080\/docs\n/);
    expect(lines).toMatch(/workers +2, and 1 standing by\n/);
    expect(lines).toMatch(/Ctrl\+C stops it\.\n/);
    expect(lines).not.toMatch(/keys|every address/);
  });

  test("say what else matters: other addresses, keys, and no worker that stands by", () => {
    const lines = told({
      HOST: "0.0.0.0",
      SPARE_WORKERS: "0",
      WORKERS: "1",
      API_KEYS: "a-key-of-sixteen-letters",
    });
    expect(lines).toMatch(/playground +http:\/\/localhost:8080\/\n/);
    expect(lines).toMatch(/workers +1\n/);
    expect(lines).toMatch(/keys +1; /);
    expect(lines).toMatch(/every address of this machine/);
    expect(lines).not.toContain("a-key-of-sixteen");
    expect(told({ HOST: "::1" })).toContain("http://[::1]:8080/");
  });
});

describe("the log in a terminal", () => {
  function written(log: (to: ReturnType<typeof createLog>) => void): string[] {
    const lines: string[] = [];
    log(
      createLog(
        readConfig({ LOG_LEVEL: "debug" }),
        "worker",
        readableLog((text) => void lines.push(text)),
      ),
    );
    return lines;
  }

  test("is a line a record, with its time first and no JSON around it", () => {
    const [line] = written((log) =>
      log.info({ method: "POST", path: "/v1/sample", status: 422, pointer: "" }, "refused"),
    );
    expect(line).toMatch(/^\d\d:\d\d:\d\d refused method=POST path=\/v1\/sample status=422\n$/);
  });

  test("names levels that need attention, and shows where a defect was", () => {
    const [warned, failed] = written((log) => {
      log.warn("seen");
      log.error({ err: new TypeError("x is not a function") }, "the server failed");
    });
    expect(warned).toMatch(/^\S+ warning seen\n$/);
    expect(failed).toMatch(/^\S+ error the server failed – x is not a function\n {4}at .*console\.test\.ts/);
  });

  test("leaves out what the lines at the start have said, unless something is wrong", () => {
    const lines = written((log) => {
      log.info({ limits: {} }, "starting");
      log.info("Server listening at http://127.0.0.1:8080");
      log.info({ workers: 2 }, "listening at http://127.0.0.1:8080");
      log.error("starting");
    });
    expect(lines).toHaveLength(1);
  });

  test("takes whatever pino writes", () => {
    const lines: string[] = [];
    const log = pino(
      { base: null },
      readableLog((text) => void lines.push(text)),
    );
    log.info({ err: "no error", deep: { a: [1] } });
    expect(lines[0]).toMatch(/^\S+ deep=\{"a":\[1\]\}\n$/);
  });
});

describe("why a port could not be had", () => {
  test.each([
    ["EADDRINUSE", "port 8080 of 127.0.0.1 is taken; set PORT"],
    ["EACCES", "port 8080 of 127.0.0.1 needs rights that this user lacks; set PORT to one above 1023"],
    ["EADDRNOTAVAIL", "127.0.0.1 is no address of this machine; set HOST"],
    ["ENOTFOUND", "nothing is known of the address 127.0.0.1; set HOST"],
    ["EMFILE", "cannot listen at port 8080 of 127.0.0.1: too many"],
  ])("%s", (code, sentence) => {
    const error = Object.assign(new Error("too many"), { code });
    expect(cannotListen(error, "127.0.0.1", 8080)).toBe(sentence);
  });

  test("is told from other messages", () => {
    expect(isCannotListen({ cannot_listen: "…" })).toBe(true);
    for (const other of ["ready", { bus: "ask" }, null, undefined]) expect(isCannotListen(other)).toBe(false);
  });
});
