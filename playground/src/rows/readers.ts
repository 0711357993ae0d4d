/** What reads rows out of files and texts, loaded together when the first of them comes. */
export { parseRowFile } from "./parse-file.ts";
export { readText } from "./parse-text.ts";
