import { quote } from '../shell.ts';

/** Gone after a reboot, and so is a lease: whatever held it is gone too. */
const FOLDER = '/run/odin';
/** The lock's own: to take it must not be the first step of a plan that a bare host waits for. */
const STATE = '/var/lib/odin-lock';
/** Counts up for as long as the host lives: a token that was handed out once is never current again. */
const COUNTER = `${STATE}/token`;
/** Seconds that a lease lasts without being renewed. */
export const LEASE_S = 45;
/** The holder renews this often. */
export const RENEW_S = 12;
/**
 * A lease that has at least this many seconds left is not renewed before a change: whoever keeps it alive is at work, and
 * would have to miss two turns.
 */
const FRESH_S = LEASE_S - 2 * RENEW_S;
/** Nobody holds the inner lock for longer than a few lines of shell. */
const INNER_WAIT_S = 10;
/** Tenths of a second that a new holder waits for the piece in which the program of the one before it is. */
const LAST_PIECE_TENTHS = 100;
/** What `timeout` and the rest never answer: the lease is another's. */
export const NOT_OURS = 75;

/** Who holds a host, as the host keeps it. */
export interface Lease {
  token: number;
  /** `ops@laptop` */
  who: string;
  /** The command: `deploy --env prod`. */
  what: string;
  /** ISO time, by the holder's clock: for people only. */
  since: string;
  /** Tells one run from another, and finds its process: `<run> <machine> <pid>`. */
  run: string;
  /** Seconds until it ends by itself. */
  left: number;
  /** A program of the holder is at work on the host now, whether or not its controller is still there. */
  working: boolean;
}

/**
 * Time is what the host has counted since it booted: no clock of anybody else takes part.
 * `held` holds token, expiry, who, what, since, run: one line each.
 */
const PRELUDE = `now() { read -r u _ </proc/uptime; echo "\${u%%.*}"; }
exclusive() { exec 9>${FOLDER}/lock.inner && flock -w ${INNER_WAIT_S} 9; }
line() { sed -n "$1p" ${FOLDER}/lock 2>/dev/null; }
began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
working() { [ -s ${FOLDER}/program ] && read -r p s <${FOLDER}/program && [ -n "$s" ] && [ "$(began "$p")" = "$s" ]; }`;

const SHOW = `[ -s ${FOLDER}/lock ] && { echo "left $(($(line 2) - $(now)))"; cat ${FOLDER}/lock; if working; then echo working; fi; }`;

/**
 * Takes the lease, unless somebody else has it. Prints `got TOKEN`, or `held` and who has it, or `busy TOKEN`: the lease is
 * taken, but what a holder before had begun still runs. From here on its program is refused its next piece, but one piece
 * may be in the middle of something, such as a restart: nobody may look at the host, or change it, before that has ended.
 * `instead` is the token of a holder whose process is known to be gone: its lease is taken over.
 */
export function acquire(
  { who, what, since, run }: Pick<Lease, 'who' | 'what' | 'since' | 'run'>,
  instead?: number,
): string {
  return `mkdir -p ${FOLDER} ${STATE} && chmod 0700 ${FOLDER} || exit 1
${PRELUDE}
exclusive || exit 1
t=$(line 1)
if [ -n "$t" ] && [ "$(line 2)" -gt "$(now)" ] && [ "$t" != ${quote(String(instead ?? ''))} ]; then echo held; ${SHOW}; exit 0; fi
t=0; if [ -e ${COUNTER} ]; then read -r t <${COUNTER} || exit 1; fi; t=$((t + 1))
echo "$t" >${COUNTER}.new && mv ${COUNTER}.new ${COUNTER}
{ echo "$t"; echo $(($(now) + ${LEASE_S})); printf '%s\\n' ${quote(who)} ${quote(what)} ${quote(since)} ${quote(run)}; } >${FOLDER}/lock.new
mv ${FOLDER}/lock.new ${FOLDER}/lock
exec 9>&-
n=0
while read -r p s <${FOLDER}/program && [ "$(began "$p")" = "$s" ]; do
[ "$n" -lt ${LAST_PIECE_TENTHS} ] || { echo "busy $t"; exit 0; }
n=$((n + 1)); sleep 0.1
done 2>/dev/null
echo "got $t"`;
}

/**
 * Gives the lease back. A lease that is another's by now is left alone; so is ours while a program that was cut off from us
 * goes on: nobody may take the host for free in the middle of that. It ends by itself afterwards.
 */
export function release(token: number): string {
  return `${PRELUDE}\nexclusive && [ "$(line 1)" = ${token} ] && ! working && rm -f ${FOLDER}/lock; exit 0`;
}

/** Says who has the lease, if anybody has. Changes nothing. */
export const inspect = `${PRELUDE}\n${SHOW}; exit 0`;

/** Ends whatever lease there is. Its holder's token is not current any more: it changes nothing from now on. */
export const breakLease = `${PRELUDE}\nmkdir -p ${FOLDER}; exclusive && rm -f ${FOLDER}/lock; exit 0`;

/** Renews the lease if it is still ours; fails with {@link NOT_OURS} if it is not. */
export function renew(token: number): string {
  return `${PRELUDE}\n${renewal(token)}\nrenew || exit ${NOT_OURS}`;
}

function renewal(token: number): string {
  return `renew() { ( exclusive && [ "$(line 1)" = ${token} ] && sed -i "2s/.*/$(($(now) + ${LEASE_S}))/" ${FOLDER}/lock ); }`;
}

/**
 * For the start of a program that changes things: defines \`fenced\`, which is asked before every change, and keeps the
 * lease alive for as long as the program runs, also when its controller is gone: what runs here must not be disturbed.
 */
export function guard(token: number): string {
  return `${PRELUDE}
${renewal(token)}
ours() { { { read -r held && read -r ends; } <${FOLDER}/lock && [ "$held" = ${token} ] && read -r u _ </proc/uptime && [ $((ends - \${u%%.*})) -ge ${FRESH_S} ]; } 2>/dev/null; }
fenced() { ours || renew || return ${NOT_OURS}; }
( exclusive && [ "$(line 1)" = ${token} ] && echo "$$ $(began $$)" >${FOLDER}/program )
( while sleep ${RENEW_S} && kill -0 $$ 2>/dev/null && renew; do :; done ) >/dev/null 2>&1 </dev/null &
keeper=$!
trap 'rm -f ${FOLDER}/program; kill "$keeper" 2>/dev/null' EXIT`;
}

/** Reads what {@link acquire} and {@link inspect} print of a holder. Undefined where nobody holds the host. */
export function readLease(output: string): Lease | undefined {
  const lines = output.split('\n');
  const at = lines.findIndex((line) => line.startsWith('left '));
  if (at < 0) return undefined;
  const [left = '', token = '', , who = '', what = '', since = '', run = '', working] = lines.slice(at);
  return {
    token: Number(token),
    who,
    what,
    since,
    run,
    left: Number(left.slice('left '.length)),
    working: working === 'working',
  };
}
