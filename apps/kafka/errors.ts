/** What can go wrong with Kafka, as types: callers ask `canRetry` instead of reading messages. */

export class KafkaError extends Error {
  override readonly name: string = 'KafkaError';
  readonly canRetry: boolean;
  constructor(message: string, options: { canRetry: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.canRetry = options.canRetry;
  }
}

/** No broker answered in time. */
export class KafkaUnreachableError extends KafkaError {
  override readonly name = 'KafkaUnreachableError';
  constructor(what: string, cause?: unknown) {
    super(cause instanceof Error ? `${what}: ${cause.message}` : what, { canRetry: true, cause });
  }
}

/** The broker serves, but does not have these topics. */
export class MissingTopicsError extends KafkaError {
  override readonly name = 'MissingTopicsError';
  readonly topics: readonly string[];
  constructor(topics: readonly string[]) {
    super(`the broker has no topic ${topics.join(', ')}`, { canRetry: true });
    this.topics = topics;
  }
}

/** A change was accepted, but a read did not show it before the deadline. */
export class NotSettledError extends KafkaError {
  override readonly name = 'NotSettledError';
  constructor(what: string, lastSeen: unknown) {
    super(`${what} did not settle in time; last seen: ${JSON.stringify(lastSeen)}`, { canRetry: true });
  }
}
