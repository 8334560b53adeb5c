/**
 * Flags of Node for the processes that serve clients. V8's young generation would grow to tens of megabytes with the haste
 * in which clients come, 5 KB for each of 10,000. Almost nothing here lives long enough to want it: with 8 MB deliveries
 * cost the same CPU (`make bench NAME=feed FIGURES=efficiency,idle`).
 */
export const SERVING_FLAGS: readonly string[] = ['--max-semi-space-size=8'];
