/**
 * Loaded into the service before its own code (node --import): counts collections, and writes the counts so far to
 * GC_COUNTS/PID-N.json at the Nth SIGWINCH.
 */
import { renameSync, writeFileSync } from "node:fs";
import { constants, PerformanceObserver } from "node:perf_hooks";

const folder = process.env.GC_COUNTS;
const counts = { minor: 0, major: 0 };
let asked = 0;

const observer = new PerformanceObserver((list) => count(list.getEntries()));
observer.observe({ entryTypes: ["gc"] });

/** @param {readonly import("node:perf_hooks").PerformanceEntry[]} entries */
function count(entries) {
  for (const { detail } of entries) {
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) counts.minor++;
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) counts.major++;
  }
}

// A signal that the service does not use, and that ends no process.
process.on("SIGWINCH", () => {
  count(observer.takeRecords());
  asked++;
  const path = `${folder}/${process.pid}-${asked}.json`;
  // The file is written under another name first, so a file with this name is complete.
  writeFileSync(`${path}.part`, JSON.stringify(counts));
  renameSync(`${path}.part`, path);
});
