import { describe, expect, it } from 'vitest';
import { type Arrived, type Extent, shortcomings } from '../../roles/gate/judge.ts';
import { expected } from '../../roles/gate/markers.ts';

const ALL = expected();
const way = (name: string, extent: Extent, received: readonly string[]): Arrived => ({
  name,
  extent,
  received: new Set(received),
});
const even = ALL.filter((_, index) => index % 2 === 0);
const odd = ALL.filter((_, index) => index % 2 === 1);

describe('with delivery of everything', () => {
  it('passes when each way delivered every marker', () => {
    expect(shortcomings([way('ws-1', 'all', ALL), way('lb-1', 'all', ALL)])).toEqual([]);
  });

  it('names the way and the topics that did not come', () => {
    const short = ALL.filter((marker) => !marker.startsWith('odin.social/') && marker !== 'odin.trades/3');
    expect(shortcomings([way('ws-1', 'all', ALL), way('ws-2', 'all', short)])).toEqual([
      'ws-2 did not deliver odin.trades (partition 3)',
      'ws-2 did not deliver odin.social',
    ]);
  });
});

describe('with partitioned delivery', () => {
  const balancer = way('lb-1', 'any', odd);

  it('passes when the shares make the whole, and the balancer leads to one of them', () => {
    expect(shortcomings([way('ws-1', 'share', even), way('ws-2', 'share', odd), balancer])).toEqual([]);
    expect(shortcomings([way('ws-1', 'share', ALL)])).toEqual([]);
  });

  it('says what none of them delivered', () => {
    expect(shortcomings([way('ws-1', 'share', even), way('ws-2', 'share', odd.slice(1))])).toEqual([
      'ws-1 and ws-2 together did not deliver odin.trades (partition 1)',
    ]);
  });

  it('says who delivered nothing', () => {
    expect(shortcomings([way('ws-1', 'share', ALL), way('ws-2', 'share', []), way('lb-1', 'any', [])])).toEqual([
      'ws-2 delivered nothing',
      'lb-1 delivered nothing',
    ]);
  });

  it('says when both delivered the same', () => {
    expect(shortcomings([way('ws-1', 'share', ALL), way('ws-2', 'share', even.slice(0, 2))])).toEqual([
      `ws-1 and ws-2 both delivered ${even[0]}, ${even[1]}: are they of one group?`,
    ]);
  });
});
