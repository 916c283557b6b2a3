/** Parts of the ledger's time: the finest active period that can be told, and 2,080 periods to choose from. */
export const BUCKETS = 64;
