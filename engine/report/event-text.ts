import pc from 'picocolors';
import { describeFailure } from '../errors.ts';
import { auditText } from './audit-text.ts';
import { outcomesText } from './check-text.ts';
import type { BodyOf, EventBody, EventType } from './events.ts';
import { plannedText } from './plan-text.ts';
import { recapText } from './recap.ts';
import { seconds } from './seconds.ts';

const WHERE_WIDTH = 10;

const at = (where: string): string => `  ${pc.bold(where.padEnd(WHERE_WIDTH))}`;
const began = (where: string, text: string): string => `${at(where)} ${pc.dim('…')} ${text}`;
const done = (where: string, text: string, ms?: number): string =>
  `${at(where)} ${pc.green('✓')} ${text}${ms === undefined ? '' : pc.dim(`  ${seconds(ms)}`)}`;
const warned = (where: string, text: string): string => `${at(where)} ${pc.yellow('!')} ${text}`;
const detail = (where: string, text: string): string => `${at(where)} ${pc.dim(text)}`;
const nothingToChange = (unread: number): string =>
  unread === 0 ? '\nNothing to change.' : '\nNothing to change on the hosts that could be read.';
const heading = (text: string): string => `\n${pc.bold(text)}`;
const stepText = ({ role, resource, summary }: Pick<BodyOf<'step-done'>, 'role' | 'resource' | 'summary'>): string =>
  `${role}: ${resource}  ${summary}`;

/** How each event is printed: no line, or some. With `verbose` more of them are. */
const TEXT: { readonly [Type in EventType]: (event: BodyOf<Type>, verbose: boolean) => readonly string[] } = {
  'run-started': () => [],
  'hosts-planned': ({ env, changes }) => [
    heading(`hosts of ${env}`),
    ...changes.map(({ action, what, detail: more }) => `  ${action} ${what}${more ? `  (${more})` : ''}`),
  ],
  learning: () => [],
  learned: ({ host, resources, checks, ms }) => [
    done(host, resources > 0 ? `${resources} resources read` : `${checks} checks asked`, ms),
  ],
  plan: ({ hosts, pending }) => (pending > 0 ? [`\n${plannedText(hosts)}`] : []),
  unchanged: ({ pending, check, unread }) => [
    pending === 0
      ? nothingToChange(unread)
      : `\n${pending} to change; nothing was changed${check ? ' (--check)' : ''}.`,
  ],
  confirmed: () => [],
  'play-started': ({ play }) => [heading(play)],
  preparing: ({ host, role, resource }, verbose) => (verbose ? [detail(host, `prepare ${role}: ${resource}`)] : []),
  'step-started': () => [],
  'step-slow': (step) => [began(step.host, stepText(step))],
  'step-done': (step, verbose) => (verbose ? [detail(step.host, `${stepText(step)}  ${step.ms} ms`)] : []),
  'step-failed': () => [],
  'run-recorded': () => [],
  'role-done': ({ host, role, changed, last, ms }) => [
    done(host, `${role}: ${changed === 1 ? last : `${changed} changed`}`, ms),
  ],
  'host-done': () => [],
  'host-failed': ({ host, role, resource, name, message }) => [
    `${at(host)} ${pc.red('✗')} ${[role, resource, message].filter(Boolean).join(': ')} ${pc.dim(`(${name})`)}`,
  ],
  checks({ during, outcomes }) {
    const shown = during === 'verify' ? outcomes : outcomes.filter(({ ok }) => !ok);
    return shown.length === 0 ? [] : [`${during === 'preflight' ? '\n' : ''}${outcomesText(shown)}`];
  },
  'gate-started': () => [],
  gate({ host, title, ok, note, message, severity, ms }) {
    if (ok) return [done(host, `${title}${note ? `: ${note}` : ''}`, ms)];
    // A critical one is told as the failure of the run.
    return severity === 'warning' ? [warned(host, message ?? title)] : [];
  },
  recap: ({ hosts, ms }) => [`\n${recapText(hosts)}\n  in ${seconds(ms)}`],
  failed: (failure) => [`\n${describeFailure(failure)}`],
  // make itself always exits 2: the code that says what happened must be readable.
  'run-ended': ({ exit }) => (exit === 0 ? [] : [`exit code ${exit}`]),
  began: ({ where, text }) => [began(where, text)],
  done: ({ where, text, ms }) => [done(where, text, ms)],
  warned: ({ where, text }) => [warned(where, text)],
  detail: ({ where, text }, verbose) => (verbose ? [detail(where, text)] : []),
  heading: ({ text }) => [heading(text)],
  'audit-log': ({ host, entries }) => entries.map((entry) => auditText(host, entry)),
  text: ({ text }) => [text],
};

/** The lines of an event, each without its newline; a line may hold several. Nothing but the event decides them. */
export function linesOf(event: EventBody, verbose: boolean): readonly string[] {
  const print = TEXT[event.type] as (event: EventBody, verbose: boolean) => readonly string[];
  return print(event, verbose);
}

/** Whether an event is printed on standard error: what went wrong, and how it ended. */
export function isTrouble({ type }: EventBody): boolean {
  return type === 'failed' || type === 'run-ended';
}
