/** The one place that constructs kafkajs. */

import './mended.ts';
import kafkajs from 'kafkajs';
import { CONNECT_TIMEOUT_MS, type KafkaOptions, REQUEST_TIMEOUT_MS } from './options.ts';

/** kafkajs retries little: whoever owns a client owns its recovery. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 };

export function connect(options: KafkaOptions): kafkajs.Kafka {
  const { dial, logger } = options;
  return new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
    logLevel: logger ? kafkajs.logLevel.WARN : kafkajs.logLevel.NOTHING,
    // One lost broker makes tens of lines a second here. Who owns the client says once what it means.
    logCreator: () => (entry) => {
      const { message, error, broker, groupId } = entry.log;
      logger?.debug(`kafkajs: ${message}`, { error, broker, groupId });
    },
    ...(dial && {
      socketFactory: ({ host, port, onConnect }) => {
        const socket = dial(host, port);
        if (socket.connecting) socket.once('connect', onConnect);
        else process.nextTick(onConnect);
        return socket;
      },
    }),
  });
}
