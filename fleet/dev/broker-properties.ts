/** The configuration of a broker on loopback, alone or one of several: KRaft, small, quick to start. */

export interface BrokerPorts {
  readonly client: number;
  /** Where the controller is: this broker itself, unless it is another node than the first. */
  readonly controller: number;
  /** 1 when absent. */
  readonly node?: number;
  /** How many brokers hold what the cluster keeps for itself; 1 when absent. */
  readonly replicas?: number;
}

export function brokerProperties(ports: BrokerPorts, dataDir: string): string {
  const { node = 1, replicas = 1 } = ports;
  const client = `PLAINTEXT://127.0.0.1:${ports.client}`;
  const isFirst = node === 1;
  return `${Object.entries({
    'process.roles': isFirst ? 'broker,controller' : 'broker',
    'node.id': node,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: isFirst ? `${client},CONTROLLER://127.0.0.1:${ports.controller}` : client,
    'advertised.listeners': client,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataDir,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // The default of 128 MB does not suit a heap of 256 MB.
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // A killed broker may not register again before its old session is over: the default of 9 s is all waiting.
    'broker.session.timeout.ms': 2_000,
    'broker.heartbeat.interval.ms': 500,
  })
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

export const LOG4J2 = `Configuration:
  status: WARN
  Appenders:
    Console: { name: out, PatternLayout: { pattern: "%d %p %c{1} %m%n" } }
  Loggers:
    Root: { level: INFO, AppenderRef: { ref: out } }
`;
