import { type ErrorContext, KitError } from '../errors.ts';
import type { Host } from '../inventory/inventory.ts';

/** ssh's own exit status when it, and not the remote command, failed. */
export const SSH_FAILED = 255;

/** How ssh words it, depending on whether it was about to read or to write. */
const DROPPED =
  /kex_exchange_identification: (Connection closed by remote host|read: Connection reset by peer)|banner exchange: .*: (Broken pipe|Connection reset by peer)/;

/**
 * The host, or one on the way, took the connection and dropped it before a word was said: sshd's MaxStartups does that. An
 * ssh that was about to write to a ProxyCommand that had ended dies of the broken pipe, and says nothing at all.
 */
export function isDropped(stderr: string): boolean {
  return DROPPED.test(stderr) || stderr.trim() === '';
}

/** What ssh's own failure (exit status 255) before the first word of a program means. */
export function sshFailure(host: Host, user: string, stderr: string, env: string): KitError {
  const context: ErrorContext = { host: host.name, lastLines: stderr };
  const target = `${user}@${host.address}:${host.port}`;
  const look = `ssh -v -p ${host.port} ${user}@${host.address} true`;
  // Whatever else is complained about is then a jump host's, or the ProxyCommand's: the host itself said nothing.
  if (isDropped(stderr)) {
    const message = `cannot reach ${target}: its sshd, or a ProxyJump or ProxyCommand on the way, dropped the connection before a word was said`;
    return new KitError('unreachable', message, { ...context, next: look });
  }
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/.test(stderr)) {
    const unknown = /No \S+ host key is known|authenticity of host/.test(stderr);
    return unknown
      ? new KitError('host-key-unknown', `no host key is pinned for ${target}`, {
          ...context,
          next: `npx zx scripts/trust.mjs --env ${env} --limit ${host.name}`,
        })
      : new KitError(
          'host-key-changed',
          `${target} answers with another host key than the pinned one; this is another machine, or someone is in between`,
          {
            ...context,
            next: `if the host was really replaced: npx zx scripts/trust.mjs --env ${env} --limit ${host.name}`,
          },
        );
  }
  if (/Permission denied|Too many authentication failures/.test(stderr)) {
    return new KitError('login-refused', `${target} refused the SSH key`, { ...context, next: look });
  }
  return new KitError('unreachable', `cannot reach ${target}`, { ...context, next: `make status ENV=${env}` });
}
