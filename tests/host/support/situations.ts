/** Generated hosts and configurations: what somebody did by hand, and what is wanted then. */

import fc from 'fast-check';
import { quote } from '#engine/shell.ts';
import type { Item } from './items.ts';
import { CONF, confFile, UNIT, unitFile, webService } from './web.ts';

/** One thing of a host: what was done to it by hand, and what is wanted of it, if anything. */
export interface Slot {
  hand: string;
  wanted: Item[];
}

export interface Situation {
  hand: string;
  wanted: Item[];
}

const text = fc.oneof(
  fc.constantFrom('', 'one\n', "it's\n", 'no end of line', '%s $HOME `id` \\n\n', '# €\n'),
  fc.string({ maxLength: 40, unit: 'grapheme' }),
);
const mode = fc.constantFrom(0o644, 0o600, 0o755, 0o440);
const owner = fc.constantFrom('root:root', 'nobody:nogroup');
const octal = (bits: number): string => bits.toString(8);

const writes = (path: string, content: string): string =>
  `mkdir -p "$(dirname ${path})"\nrm -rf ${path}\nprintf %s ${quote(content)} >${path}`;

/** Scripts that leave a file in some state. `leave` is whatever it was before. */
function fileByHand(path: string, wanted: string): fc.Arbitrary<string> {
  const asWanted = writes(path, wanted);
  return fc.oneof(
    fc.constant(':'),
    fc.constant(`rm -rf ${path}`),
    fc.constant(asWanted),
    text.map((content) => writes(path, content)),
    mode.map((bits) => `${asWanted}\nchmod ${octal(bits)} ${path}`),
    owner.map((who) => `${asWanted}\nchown ${who} ${path}`),
    // Somebody wrote to the file, and then wrote back what had been there.
    fc.constant(`[ -f ${path} ] && { cat ${path} >/tmp/back; echo other >${path}; cat /tmp/back >${path}; } || :`),
    fc.constant(`[ -f ${path} ] && chmod 777 ${path} || :`),
    fc.constant(`[ -f ${path} ] && chown nobody ${path} || :`),
    fc.constant(`${asWanted}\nmv ${path} /var/tmp/odin-test-elsewhere\nln -s /var/tmp/odin-test-elsewhere ${path}`),
    fc.constant(`mkdir -p "$(dirname ${path})"\nrm -rf ${path}\nln -s /nowhere/at/all ${path}`),
    fc.constant(`mkdir -p "$(dirname ${path})"\n: >${path}.AbCdEf`),
  );
}

function fileSlot(path: string): fc.Arbitrary<Slot> {
  return fc.record({ content: text, mode, owner, secret: fc.boolean(), isWanted: fc.boolean() }).chain((args) =>
    fileByHand(path, args.content).map((hand) => {
      const { isWanted, ...rest } = args;
      return { hand, wanted: isWanted ? [{ kind: 'file', args: { path, ...rest } }] : [] };
    }),
  );
}

function directorySlot(path: string): fc.Arbitrary<Slot> {
  const hand = fc.oneof(
    fc.constant(':'),
    fc.constant(`rm -rf ${path}`),
    fc.constant(`mkdir -p ${path}\n: >${path}/theirs`),
    fc.tuple(mode, owner).map(([bits, who]) => `mkdir -p ${path}\nchmod ${octal(bits)} ${path}\nchown ${who} ${path}`),
  );
  return fc.tuple(hand, mode, owner).map(([script, bits, who]) => ({
    hand: script,
    wanted: [{ kind: 'directory', args: { path, mode: bits, owner: who } }],
  }));
}

const folderSlot: fc.Arbitrary<Slot> = fc
  .record({
    a: text,
    b: text,
    isDeleting: fc.boolean(),
    hand: fc.constantFrom(
      ':',
      'rm -rf /opt/odin-test/site',
      'mkdir -p /opt/odin-test/site/sub; echo stray >/opt/odin-test/site/stray; echo x >/opt/odin-test/site/a',
      'mkdir -p /opt/odin-test/site/sub/deep; echo stray >/opt/odin-test/site/sub/deep/stray; chmod 700 /opt/odin-test/site/sub',
      'mkdir -p /opt/odin-test/site; ln -sf /nowhere /opt/odin-test/site/a',
      'chown -R nobody /opt/odin-test/site 2>/dev/null || :',
    ),
  })
  .map(({ a, b, isDeleting, hand }) => ({
    hand,
    wanted: [
      {
        kind: 'folder',
        args: {
          path: '/opt/odin-test/site',
          files: { a: { content: a }, 'sub/b': { content: b, mode: 0o600 } },
          strays: isDeleting ? 'delete' : 'keep',
        },
      },
    ],
  }));

const SYSCTLS = { 'net.core.somaxconn': ['128', '1024', '4096'], 'net.ipv4.tcp_max_syn_backlog': ['512', '2048'] };

const sysctlSlot: fc.Arbitrary<Slot> = fc
  .tuple(...Object.values(SYSCTLS).flatMap((all) => [fc.constantFrom(...all), fc.constantFrom(...all)]))
  .map(([was, is, wasBacklog, isBacklog]) => {
    const [somaxconn = '', backlog = ''] = Object.keys(SYSCTLS);
    return {
      hand: `sysctl -q -w ${somaxconn}=${was} ${backlog}=${wasBacklog}`,
      wanted: [{ kind: 'sysctl', args: { values: { [somaxconn]: `${is}`, [backlog]: `${isBacklog}` } } }],
    };
  });

const RECORD = `/var/lib/odin/running/${UNIT}`;

const serviceSlot: fc.Arbitrary<Slot> = fc
  .record({
    content: fc.constantFrom('one\n', 'two\n'),
    running: fc.constantFrom(true, true, true, false),
    enabled: fc.boolean(),
    onChange: fc.constantFrom('restart' as const, 'reload' as const),
    unit: fc.constantFrom(
      ':',
      `systemctl stop ${UNIT} 2>/dev/null || :`,
      `systemctl start ${UNIT} 2>/dev/null || :`,
      `systemctl disable --quiet ${UNIT} 2>/dev/null || :`,
      `systemctl kill -s KILL ${UNIT} 2>/dev/null || :`,
      `rm -f ${RECORD}`,
      `rm -f ${RECORD}.intent; mkdir -p $(dirname ${RECORD}); echo nonsense >${RECORD}`,
      `rm -f /etc/systemd/system/${UNIT}; systemctl daemon-reload`,
    ),
  })
  .chain(({ content, unit, ...args }) =>
    fileByHand(CONF, content).map((hand) => ({
      hand: `${hand}\n${unit}`,
      wanted: [confFile(content), unitFile, webService(content, args)],
    })),
  );

const NAME = 'odin-test';
const userSlot: fc.Arbitrary<Slot> = fc
  .constantFrom(
    ':',
    `userdel -r ${NAME} 2>/dev/null || :`,
    `getent passwd ${NAME} >/dev/null || useradd --create-home ${NAME}; rm -rf /home/${NAME}/.ssh`,
    `getent passwd ${NAME} >/dev/null || useradd --no-create-home ${NAME}`,
    `getent passwd ${NAME} >/dev/null || useradd --create-home ${NAME}; mkdir -p /home/${NAME}/.ssh; : >/home/${NAME}/.ssh/authorized_keys`,
    `getent passwd ${NAME} >/dev/null || useradd --create-home ${NAME}; mkdir -p /home/${NAME}/.ssh; echo theirs >/home/${NAME}/.ssh/authorized_keys`,
  )
  .map((hand) => ({
    hand,
    wanted: [{ kind: 'user', args: { name: NAME, keysFrom: '/root/.ssh/authorized_keys' } }],
  }));

function all(slots: readonly fc.Arbitrary<Slot>[]): fc.Arbitrary<Situation> {
  return fc.tuple(...slots).map((made) => ({
    hand: made.map(({ hand }) => hand).join('\n'),
    wanted: made.flatMap(({ wanted }) => wanted),
  }));
}

/** Everything that needs no package. */
export const situations: fc.Arbitrary<Situation> = all([
  fileSlot('/etc/odin-test/a'),
  fileSlot('/opt/odin-test/b'),
  directorySlot('/opt/odin-test/dir'),
  folderSlot,
  sysctlSlot,
  serviceSlot,
  userSlot,
]);

/** Tiny packages, in whatever state dpkg may have them. */
export const packageSituations: fc.Arbitrary<Situation> = fc
  .tuple(
    fc.constantFrom(
      ':',
      'apt-mark -q unhold hello >/dev/null; apt-get -qq -y purge hello >/dev/null 2>&1 || :',
      'apt-mark -q unhold hello >/dev/null; apt-get -qq -y purge hello sl >/dev/null 2>&1 || :',
      // Of a package that is not there, a hold says that it must not come: that is for a person to decide.
      "if dpkg -s hello 2>/dev/null | grep -q ' installed$'; then apt-mark -q hold hello >/dev/null; fi",
      'rm -rf /var/lib/apt/lists/*',
    ),
    fc.subarray(['hello', 'sl'], { minLength: 1 }),
  )
  .map(([hand, names]) => ({ hand, wanted: [{ kind: 'packages', args: { names } }] }));
