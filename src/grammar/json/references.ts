/** The keywords that lead to another schema, which holds too. */
export const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"] as const;
export type Reference = (typeof REFERENCES)[number];
