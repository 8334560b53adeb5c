/**
 * Raised when a field changes its meaning or goes away; a new type or field does not raise it. Apart from the schemas, which
 * only those need who read a stream.
 */
export const EVENT_VERSION = 1;
