/** Rows that are kept for samples. */
export const HEAD_ROWS = 200;
/** Most rows of a table's start that its columns are inferred from. */
export const INFERENCE_ROWS = 400;
/** Most rows from all over the file that join them. */
export const SPREAD_ROWS = 400;
