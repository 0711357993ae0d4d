/** The Chromium of this machine, for the tests of pages and for proofs in a browser. `apt-get install chromium` gets one. */
import { existsSync } from "node:fs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of Chromium; undefined when it is not installed. CHROMIUM_PATH sets another path. */
export const chromium_path = [process.env["CHROMIUM_PATH"] ?? "", ...PLACES].find((path) => existsSync(path));

/** Flags with which it runs without a display, as root, and calls nothing by itself. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
