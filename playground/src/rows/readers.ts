/** The readers of rows in files and texts, loaded together with the first one. */
export { parseRowFile } from "./parse-file.ts";
export { readText } from "./parse-text.ts";
