/** A service of the tests: its configuration, its unit, and how often it was started with which text. */

import { type Box, byHand } from './box.ts';
import type { Item, ItemOf } from './items.ts';
import { HOLD, PLACES } from './kinds.ts';

export const UNIT = 'odin-test-web.service';
export const CONF = '/etc/odin-test/web.conf';
const UNIT_FILE = `/etc/systemd/system/${UNIT}`;
const STARTS = '/run/odin-test-starts';

const UNIT_TEXT = `[Unit]
Description=counts its starts
[Service]
ExecStart=/bin/sh -c 'cat ${CONF} >>${STARTS}; exec sleep infinity'
ExecReload=/bin/sh -c 'cat ${CONF} >>${STARTS}'
KillMode=process
[Install]
WantedBy=multi-user.target
`;

export const confFile = (text: string): ItemOf<'file'> => ({ kind: 'file', args: { path: CONF, content: text } });
export const unitFile: ItemOf<'file'> = { kind: 'file', args: { path: UNIT_FILE, content: UNIT_TEXT } };
export const webService = (text: string, more: Partial<ItemOf<'service'>['args']> = {}): ItemOf<'service'> => ({
  kind: 'service',
  args: {
    unit: UNIT,
    configuredBy: [
      { path: CONF, content: text },
      { path: UNIT_FILE, content: UNIT_TEXT },
    ],
    ...more,
  },
});

/** All of it, one line of configuration. */
export const web = (text: string): Item[] => [confFile(text), unitFile, webService(text)];

/** The configuration of each start since the last {@link forgetStarts}. */
export async function starts(box: Box): Promise<string[]> {
  return (await byHand(box, `cat ${STARTS} 2>/dev/null || :`)).split('\n').filter(Boolean);
}

export const forgetStarts = (box: Box): Promise<string> => byHand(box, `rm -f ${STARTS}`);

/**
 * Programs that stand before the real ones on the host's PATH and hold whoever brings the service up, at an armed place:
 * `before-restart`, `after-restart`, `before-record`, `after-record`.
 */
export async function standInTheWay(box: Box): Promise<void> {
  const wrap = (name: string, test: string): string =>
    `cat >/usr/local/sbin/${name} <<'END'\n#!/bin/sh\n${HOLD}\nreal=/usr/bin/${name}\nif ${test}; then :; else exec $real "$@"; fi\nhold before-${name} || exit 1\n$real "$@"; r=$?\nhold after-${name} || exit 1\nexit $r\nEND\nchmod 755 /usr/local/sbin/${name}`;
  await byHand(
    box,
    `mkdir -p ${PLACES}\n${wrap('systemctl', `[ "$1" = restart ] && [ "$2" = ${UNIT} ]`)}\n${wrap('mv', `[ "$2" = /var/lib/odin/running/${UNIT} ]`)}`,
  );
}

export const standAside = (box: Box): Promise<string> =>
  byHand(box, 'rm -f /usr/local/sbin/systemctl /usr/local/sbin/mv');
