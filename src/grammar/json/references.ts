/** The keywords that refer to another schema, which then holds too. */
export const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"] as const;
export type Reference = (typeof REFERENCES)[number];
