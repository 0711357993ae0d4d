import { defineConfig } from "vitest/config";

/** Where CI wants the results as JSON beside the usual output. */
const results = process.env["TEST_RESULTS"];

const COUNTERS = "test/bench/**/*.test.ts";

export default defineConfig({
  test: {
    reporters: results === undefined ? ["default"] : ["default", ["json", { outputFile: results }]],
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          // A slow machine is no failure: properties run hundreds of cases each.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", COUNTERS],
          // A process for each of 141 files, each loading the application anew, took twice as long as the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: "counters",
          testTimeout: 120_000,
          include: [COUNTERS],
          // What is counted is what a process does that has done nothing else.
          isolate: true,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/e2e/build.ts",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // What a page shows comes when it comes: a crowded machine is no failure here either.
          expect: { poll: { timeout: 30_000 } },
          fileParallelism: false,
          // A browser on a crowded machine misses a moment now and then; what is wrong is so twice.
          retry: process.env["CI"] === undefined ? 0 : 1,
        },
      },
    ],
  },
});
