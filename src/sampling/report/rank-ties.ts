/** The rank of a token among equal ones: by their ids, or all of them count before it. */
export type RankTies = "by_id" | "counted";
