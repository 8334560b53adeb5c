import { play, playbook, rolesOf } from '#engine/role.ts';
import { baseline } from '#roles/baseline/role.ts';
import { broker } from '#roles/broker/role.ts';
import { docker } from '#roles/docker/role.ts';
import { firewall } from '#roles/firewall/role.ts';
import { gate } from '#roles/gate/role.ts';
import { loadBalancer } from '#roles/load-balancer/role.ts';
import { metrics } from '#roles/metrics/role.ts';
import { publisher } from '#roles/publisher/role.ts';
import { registry } from '#roles/registry/role.ts';
import { secrets } from '#roles/secrets/role.ts';
import { topics } from '#roles/topics/role.ts';
import { wsServer } from '#roles/ws-server/role.ts';

/** From a bare host to a live feed. */
export const deploy = playbook('deploy', [
  play('every host is ready', { hosts: 'all', roles: [baseline, docker, firewall] }),
  play('images can be delivered', { hosts: 'backend[0]', roles: [secrets, registry] }),
  play('brokers serve', { hosts: 'backend', roles: [broker] }),
  play('the first backend host serves', { hosts: 'backend[0]', roles: [topics, publisher] }),
  play('ws hosts stream', { hosts: 'ws', roles: [wsServer], strategy: 'rolling' }),
  play('clients reach them', { hosts: 'lb', roles: [loadBalancer] }),
  play('it can be seen', { hosts: 'backend[0]', roles: [metrics] }),
  play('the feed flows', { hosts: 'backend[0]', roles: [gate] }),
]);

export const roles = rolesOf(deploy);
