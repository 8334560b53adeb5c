import { type HostKind, OK, resourceOf } from '#engine/resource.ts';
import { sha256 } from '#engine/resources/file.ts';
import { quote } from '#engine/shell.ts';
import { TABLE } from './ruleset.ts';

/** The kit's nftables table, loaded and unaltered. */
export interface TableArgs {
  /** Where the ruleset lies on the host, see ruleset.ts for the text. */
  path: string;
  text: string;
}

interface TableSeen {
  /** Digest of the text that was loaded, as recorded then. */
  loaded: string;
  /** The kernel lists the table exactly as it did after loading. */
  intact: boolean;
}

const RECORD = '/var/lib/odin/firewall';
const LIST = `nft --stateless list table inet ${TABLE} 2>/dev/null | sha256sum`;

const kind: HostKind<TableArgs, TableSeen> = {
  where: 'host',
  name: 'nftables.table',
  probe: () => `command -v nft >/dev/null || exit 3\n${LIST}\ncat ${RECORD} 2>/dev/null; exit 0`,
  read(output, all) {
    const [listed = '', loaded = '', after = ''] = output.split('\n');
    return all.map(() => ({ loaded, intact: listed !== '' && listed === after }));
  },
  decide({ text }, { loaded, intact }) {
    if (loaded === sha256(text) && intact) return OK;
    const summary =
      loaded === '' ? 'load' : intact ? 'load the new rules' : 'load again: the rules in the kernel were altered';
    return { state: 'change', action: loaded === '' ? '+' : '~', summary };
  },
  apply: ({ path, text }) =>
    [`nft -f ${quote(path)}`, `{ echo ${sha256(text)}; ${LIST}; } >${RECORD}.new`, `mv ${RECORD}.new ${RECORD}`].join(
      '\n',
    ),
};

export const table = resourceOf(kind, () => `inet ${TABLE}`);
