import { describe, expect, it } from 'vitest';
import type { Inventory } from '#engine/inventory/inventory.ts';
import { clusterId, replication, serverProperties } from '#roles/broker/properties.ts';
import { broker } from '#roles/broker/role.ts';
import { publisher } from '#roles/publisher/role.ts';
import { wsServer } from '#roles/ws-server/role.ts';
import { clusterInventory, hostOf, sandboxInventory } from '../support/inventory.ts';
import { checksOf, hostCheck, judge, said, servicesOf } from '../support/roles.ts';

/** server.properties by key. */
function properties(inventory: Inventory, host: string): Record<string, string> {
  const lines = serverProperties(hostOf(inventory, host), inventory, 9092)
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const entries = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf('=')),
    line.slice(line.indexOf('=') + 1),
  ]);
  expect(new Set(entries.map(([key]) => key)).size).toBe(entries.length);
  return Object.fromEntries(entries);
}

const one = sandboxInventory();
const three = clusterInventory();

describe('server.properties', () => {
  const table: [key: string, alone: string, second: string][] = [
    ['process.roles', 'broker,controller', 'broker,controller'],
    ['node.id', '1', '2'],
    ['controller.quorum.voters', '1@127.0.0.1:9093', '1@10.77.0.11:9093,2@10.77.0.12:9093,3@10.77.0.13:9093'],
    [
      'advertised.listeners',
      'INTERNAL://odin-broker:19092,EXTERNAL://10.77.0.11:9092',
      'INTERNAL://odin-broker:19092,EXTERNAL://10.77.0.12:9092',
    ],
    [
      'listeners',
      'INTERNAL://:19092,EXTERNAL://:9092,CONTROLLER://:9093',
      'INTERNAL://:19092,EXTERNAL://:9092,CONTROLLER://:9093',
    ],
    ['inter.broker.listener.name', 'INTERNAL', 'EXTERNAL'],
    ['default.replication.factor', '1', '3'],
    ['offsets.topic.replication.factor', '1', '3'],
    ['transaction.state.log.replication.factor', '1', '3'],
    ['transaction.state.log.min.isr', '1', '2'],
    ['min.insync.replicas', '1', '2'],
    ['auto.create.topics.enable', 'false', 'false'],
  ];
  it.each(table)('%s: alone %s, the second of three %s', (key, alone, second) => {
    expect(properties(one, 'backend-1')[key]).toBe(alone);
    expect(properties(three, 'backend-2')[key]).toBe(second);
  });

  it('the advertised address is the inventory’s, and never a name of this host only', () => {
    for (const inventory of [one, three])
      for (const { name, internal, groups } of inventory.hosts.filter((host) => host.groups.includes('backend')))
        expect([groups, properties(inventory, name)['advertised.listeners']]).toEqual([
          groups,
          expect.stringMatching(new RegExp(`,EXTERNAL://${internal}:9092$`)),
        ]);
  });
});

it.each([
  [one, 1],
  [three, 3],
])('copies of each record %#: %i', (inventory, copies) => expect(replication(inventory)).toBe(copies));

it('the cluster id is as Kafka writes ids, the same in every clone, another in each environment', () => {
  expect(clusterId('prod')).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(clusterId('prod')).toBe(clusterId('prod'));
  expect(clusterId('prod')).not.toBe(clusterId('stage'));
});

describe('what is published', () => {
  it.each<[inventory: Inventory, host: string, ports: string[]]>([
    [one, 'backend-1', ['10.77.0.11:9092:9092']],
    [three, 'backend-3', ['10.77.0.13:9092:9092', '10.77.0.13:9093:9093']],
  ])('%#: on the internal address only', (inventory, host, ports) => {
    expect(servicesOf(broker, inventory, host)['odin-broker']?.ports).toEqual(ports);
  });
});

describe('where the others find it', () => {
  const brokersOf = (
    inventory: Inventory,
    role: typeof broker,
    host: string,
    container: string,
  ): string | undefined => {
    const environment = servicesOf(role, inventory, host)[container]?.environment;
    return (environment as { KAFKA_BROKERS: string } | undefined)?.KAFKA_BROKERS;
  };
  it.each([
    [one, '10.77.0.11:9092', 'odin-broker:19092'],
    // The name of a container means the broker of one's own host: in a cluster everyone goes by the addresses.
    [three, '10.77.0.11:9092,10.77.0.12:9092,10.77.0.13:9092', '10.77.0.11:9092,10.77.0.12:9092,10.77.0.13:9092'],
  ])('%#: the ws-server %s, the publisher %s', (inventory, outside, beside) => {
    expect(brokersOf(inventory, wsServer, 'ws-1', 'odin-ws')).toBe(outside);
    expect(brokersOf(inventory, publisher, 'backend-1', 'odin-publisher')).toBe(beside);
  });
});

describe('the kind of broker', () => {
  const check = hostCheck(checksOf(broker, one, 'backend-1'), 'broker.kind');
  it.each([
    ['', 'ok'],
    ['kafka\n', 'ok'],
    [
      'redpanda\n',
      'kind-change-refused: the inventory says kafka, but odin-broker is redpanda: its records would be lost',
    ],
  ])('found %j: %s', (output, verdict) => expect(said(judge(check, output))).toBe(verdict));
});
