import { createHash } from 'node:crypto';
import { type Host, type Inventory, inGroup } from '#engine/inventory/inventory.ts';

/** Inside the Compose project: what the publisher connects to. */
export const INTERNAL_PORT = 19_092;
/** Between brokers of a cluster, and from a broker to itself. */
export const CONTROLLER_PORT = 9093;
/** Where Prometheus, in the same Compose project, finds the broker's metrics. */
export const METRICS_PORT = 9404;
/** Three copies survive the loss of a host. */
const MAX_REPLICATION = 3;

/** How many copies of each record there are: 1 on one broker, 3 on three and more. */
export function replication(inventory: Inventory): number {
  return Math.min(MAX_REPLICATION, inGroup(inventory, 'backend').length);
}

/** The cluster's id: the same for all brokers of an environment, in every clone. 22 characters of base64, as Kafka writes ids. */
export function clusterId(env: string): string {
  return createHash('sha256').update(`odin-deploy/${env}`).digest().subarray(0, 16).toString('base64url');
}

/** Where clients on other hosts find the brokers. */
export function externalBrokers(inventory: Inventory): string[] {
  return inGroup(inventory, 'backend').map(
    ({ internal, vars }) => `${internal}:${(vars.broker as { port: number }).port}`,
  );
}

/**
 * Where a client in the Compose project of the first broker finds the brokers. In a cluster that is outside as well: the
 * name of the broker's container means the one on its own host, and no other.
 */
export function brokersBeside(inventory: Inventory): string[] {
  const outside = externalBrokers(inventory);
  return outside.length > 1 ? outside : [`odin-broker:${INTERNAL_PORT}`];
}

/**
 * server.properties of Apache Kafka 4.3 in KRaft mode, lean enough for 512 MB.
 * Two listeners: containers beside the broker use its name, everyone else the address of the inventory. The address that
 * clients are told is therefore reachable from wherever they are told it.
 */
export function serverProperties(host: Host, inventory: Inventory, port: number): string {
  const brokers = inGroup(inventory, 'backend');
  const id = brokers.indexOf(host) + 1;
  const alone = brokers.length === 1;
  const voters = alone
    ? `1@127.0.0.1:${CONTROLLER_PORT}`
    : brokers.map(({ internal }, i) => `${i + 1}@${internal}:${CONTROLLER_PORT}`).join(',');
  const copies = replication(inventory);
  return `# Written by odin-deploy. Changes made here are undone by the next deploy.
process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters}
listeners=INTERNAL://:${INTERNAL_PORT},EXTERNAL://:${port},CONTROLLER://:${CONTROLLER_PORT}
advertised.listeners=INTERNAL://odin-broker:${INTERNAL_PORT},EXTERNAL://${host.internal}:${port}
listener.security.protocol.map=INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=${alone ? 'INTERNAL' : 'EXTERNAL'}
log.dirs=/var/lib/kafka/data
auto.create.topics.enable=false
delete.topic.enable=true
offsets.topic.num.partitions=1
offsets.topic.replication.factor=${copies}
transaction.state.log.replication.factor=${copies}
transaction.state.log.min.isr=${copies > 1 ? 2 : 1}
min.insync.replicas=${copies > 1 ? 2 : 1}
default.replication.factor=${copies}
group.initial.rebalance.delay.ms=0
# The defaults suit a machine with a gigabyte to spare; 96 small partitions do not need them.
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=16777216
log.roll.ms=60000
log.retention.check.interval.ms=10000
num.network.threads=2
num.io.threads=4
# A broker that was killed is let back in after this, instead of after 9 s.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
`;
}
