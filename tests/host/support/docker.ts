/** Docker on a host under test, an image of its own, and a stack of one container that counts its starts. */

import fc from 'fast-check';
import { type Box, byHand } from './box.ts';
import type { Item, ItemOf } from './items.ts';
import type { Situation } from './situations.ts';

const IMAGE = 'odin-test/busybox:1';
export const CONTAINER = 'odin-test-box';
const PROJECT = 'odin-test';
export const STACK_CONF = '/etc/odin-test/box.conf';
/** On the host, mounted into the container: the configuration of each of its starts. */
const STARTS = '/run/odin-test-containers';

export const ENGINE: Item[] = [
  { kind: 'packages', args: { names: ['docker.io', 'docker-cli', 'docker-compose', 'busybox-static'] } },
  { kind: 'service', args: { unit: 'docker.service' } },
  { kind: 'imported', args: { reference: IMAGE, program: 'usr/bin/busybox' } },
];

export const stackOf = (text: string, command = 'sleep'): ItemOf<'stack'> => ({
  kind: 'stack',
  args: {
    project: PROJECT,
    stack: 'box',
    services: {
      box: {
        container_name: CONTAINER,
        image: IMAGE,
        network_mode: 'none',
        init: true,
        stop_grace_period: '1s',
        volumes: [`${STACK_CONF}:/box.conf:ro`, `${STARTS}:/starts`],
        command: [
          '/usr/bin/busybox',
          'sh',
          '-c',
          `cat /box.conf >>/starts/all; exec /usr/bin/busybox ${command} 100000`,
        ],
      },
    },
    configuredBy: [{ path: STACK_CONF, content: text }],
    ready: `docker inspect -f '{{.State.Running}}' ${CONTAINER} | grep -q true`,
    readySeconds: 20,
  },
});

export const box = (text: string): Item[] => [
  { kind: 'file', args: { path: STACK_CONF, content: text } },
  { kind: 'directory', args: { path: STARTS } },
  stackOf(text),
];

/** The configuration of each start of the container since the last {@link forgetContainerStarts}. */
export async function containerStarts(host: Box): Promise<string[]> {
  return (await byHand(host, `cat ${STARTS}/all 2>/dev/null || :`)).split('\n').filter(Boolean);
}
export const forgetContainerStarts = (host: Box): Promise<string> => byHand(host, `rm -f ${STARTS}/all`);

/** No Docker, as on a host that was just made. */
export const WITHOUT_DOCKER = [
  `if command -v docker >/dev/null; then docker rm -f ${CONTAINER} >/dev/null 2>&1 || :; systemctl stop docker.service docker.socket containerd.service 2>/dev/null || :; fi`,
  'apt-get -qq -y purge docker.io docker-cli docker-compose containerd runc >/dev/null 2>&1 || :',
  'rm -rf /opt/odin/odin-test /etc/odin-test/box.conf; systemctl daemon-reload',
].join('\n');

const here = `[ "$(docker inspect -f x ${CONTAINER} 2>/dev/null)" = x ]`;

/** What somebody may have done to containers and their files. A container of their own by our name is theirs to remove. */
const HANDS = [
  ':',
  `if ${here}; then docker stop -t 0 ${CONTAINER} >/dev/null; fi`,
  `if ${here}; then docker rm -f ${CONTAINER} >/dev/null; fi`,
  `if ${here}; then docker kill ${CONTAINER} >/dev/null; fi`,
  `if ${here}; then docker pause ${CONTAINER} >/dev/null; fi`,
  `if ${here}; then docker restart -t 0 ${CONTAINER} >/dev/null; fi`,
  'if command -v docker >/dev/null; then systemctl stop docker.service docker.socket; fi',
  'if command -v docker >/dev/null; then systemctl disable --quiet docker.service; fi',
  `rm -f ${STACK_CONF}`,
  `if [ -f ${STACK_CONF} ]; then echo other >${STACK_CONF}; fi`,
  `if [ -f ${STACK_CONF} ]; then echo other >${STACK_CONF}; touch -d '2020-01-01' ${STACK_CONF}; fi`,
  `if [ -f ${STACK_CONF} ]; then cat ${STACK_CONF} >/tmp/back; cat /tmp/back >${STACK_CONF}; fi`,
  `if [ -f ${STACK_CONF} ]; then chmod 600 ${STACK_CONF}; fi`,
  'if [ -f /opt/odin/odin-test/box.yml ]; then echo "# by hand" >>/opt/odin/odin-test/box.yml; fi',
  'rm -rf /opt/odin/odin-test',
];

/** A host with Docker, after one or two of these. */
export const stackSituations: fc.Arbitrary<Situation> = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...HANDS), { minLength: 1, maxLength: 2 }), fc.constantFrom('one\n', 'two\n'))
  .map(([hands, text]) => ({ hand: hands.join('\n'), wanted: [...ENGINE, ...box(text)] }));
