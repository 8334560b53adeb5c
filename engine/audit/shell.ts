import { HOST_TIME, quote } from '../shell.ts';
import { AUDIT_VERSION, type AuditSubject } from './entry.ts';

const FOLDER = '/var/log/odin';
const FILE = `${FOLDER}/audit.jsonl`;
/** The log of a host takes twice this of its disk at most: some 50,000 lines of changes. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Makes sure that the log can be written, before anything is changed. Root may read it, and the group adm where a host has
 * one: a host without it is no reason to refuse.
 */
export const openLog = `set -e
umask 027
mkdir -p ${FOLDER}
if [ -f ${FILE} ] && [ "$(wc -c <${FILE})" -gt ${MAX_BYTES} ]; then mv ${FILE} ${FILE}.1; fi
[ -f ${FILE} ] || { : >>${FILE}; chgrp adm ${FOLDER} ${FILE} 2>/dev/null || :; }
: >>${FILE}`;

/**
 * Appends an entry, in one write. Expects the host's time in `$t` and the exit status in `$r`; what is written is the
 * JSON of the entry that the run's events carry.
 */
export function appendEntry(subject: AuditSubject): string {
  const known = JSON.stringify(subject).slice(1, -1);
  return [
    'case $r in 0) x=ok ;; *) x=failed ;; esac',
    `printf '{"v":${AUDIT_VERSION},"ts":"%s",%s,"result":"%s","exit":%s}\\n' "$t" ${quote(known)} "$x" "$r" >>${FILE}`,
  ].join('; ');
}

/** Appends an entry whose end is known already, and prints the host's time. */
export function appendEnded(subject: AuditSubject, exit: number): string {
  return `t=$(${HOST_TIME}); r=${exit}; ${appendEntry(subject)} && echo "$t"`;
}

/** Prints the newest entries. */
export function newestEntries(lines: number): string {
  return `cat ${FILE}.1 ${FILE} 2>/dev/null | tail -n ${lines}`;
}
