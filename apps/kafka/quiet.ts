/**
 * kafkajs 2.2.4 sets timers with negative delays, and Node 24 prints a TimeoutNegativeWarning for them in every run.
 * That one warning is dropped, all others pass. The partitioner notice of kafkajs 2 is switched off by its own variable.
 */

const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;

process.emitWarning = ((...args: unknown[]) => {
  if (args[1] !== 'TimeoutNegativeWarning') emitWarning(...args);
}) as typeof process.emitWarning;

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
