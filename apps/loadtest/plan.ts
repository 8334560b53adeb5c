/** Who connects with what: one plan for all, one share of it for each process. */

import type { Target } from './target.ts';

export interface LoadPlan {
  readonly target: Target;
  /** The query of a client's address; `{tokens}` stands for its tokens, comma-separated. */
  readonly query: string;
  /** What a client says first, if anything; `{tokens}` as above. */
  readonly hello?: string;
  readonly clients: number;
  readonly tokens: readonly string[];
  readonly tokensPerClient: number;
  /** Connects a second, of all processes together. */
  readonly ramp: number;
  /** Every how many clients one parses what it gets; the others count frames. */
  readonly every: number;
  /** So many clients stop reading once they are connected. */
  readonly stall: number;
  readonly workers: number;
  /** Loopback addresses to connect from, each good for one range of ephemeral ports. */
  readonly sources: number;
}

export interface ClientPlan {
  readonly id: number;
  readonly tokens: readonly string[];
  readonly checked: boolean;
  readonly stalled: boolean;
  /** When it connects, milliseconds after the start. */
  readonly atMs: number;
  readonly source?: string;
}

/** The clients of one process: every `workers`-th, so that all tokens and the whole ramp are in each share. */
export function shareOf(plan: LoadPlan, worker: number): ClientPlan[] {
  const clients: ClientPlan[] = [];
  const { stalled, checked } = castOf(plan);
  for (let id = worker; id < plan.clients; id += plan.workers) {
    clients.push({
      id,
      tokens: tokensOf(plan, id),
      checked: checked.has(id),
      stalled: stalled.has(id),
      atMs: (id / plan.ramp) * 1000,
      ...(plan.sources > 1 && { source: `127.0.0.${1 + (id % plan.sources)}` }),
    });
  }
  return clients;
}

/** Of every token's clients the same share stalls, and the same share of the others is checked. */
function castOf({ stall, clients, tokens, every }: LoadPlan): { stalled: Set<number>; checked: Set<number> } {
  const byToken = Array.from({ length: clients }, (_, id) => id).sort(
    (a, b) => (a % tokens.length) - (b % tokens.length) || a - b,
  );
  const before = (index: number) => Math.floor((index * stall) / clients);
  const stalled = byToken.filter((_, index) => before(index + 1) > before(index));
  const reading = byToken.filter((_, index) => before(index + 1) === before(index));
  return { stalled: new Set(stalled), checked: new Set(reading.filter((_, index) => index % every === 0)) };
}

function tokensOf({ tokens, tokensPerClient }: LoadPlan, id: number): string[] {
  return Array.from({ length: tokensPerClient }, (_, index) => tokens[(id + index) % tokens.length] ?? '');
}

/** `{tokens}` filled in. */
export function fill(template: string, tokens: readonly string[]): string {
  return template.replaceAll('{tokens}', tokens.join(','));
}
