/** Whether tokens that equal another count for its rank by their ids, or all. */
export type RankTies = "by_id" | "counted";
