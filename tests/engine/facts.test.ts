import { describe, expect, it } from 'vitest';
import { factsPiece, readFacts } from '#engine/facts.ts';
import { runPieces } from '../support/shell.ts';

const answer = (output: string): { id: string; status: number; output: string } => ({ id: 'facts', status: 0, output });

it.each([
  [
    'debian\n13\nx86_64\n2061584302\n2\ncontainer',
    { distribution: 'debian', version: '13', architecture: 'x86_64', memory: 2_061_584_302, cores: 2, container: true },
  ],
  [
    'ubuntu\n22.04\naarch64\n16777216000\n4',
    {
      distribution: 'ubuntu',
      version: '22.04',
      architecture: 'aarch64',
      memory: 16_777_216_000,
      cores: 4,
      container: false,
    },
  ],
  // Debian testing has no VERSION_ID.
  [
    'debian\n\nx86_64\n1024\n1',
    { distribution: 'debian', version: '', architecture: 'x86_64', memory: 1024, cores: 1, container: false },
  ],
])('%j', (output, facts) => expect(readFacts('ws-1', answer(output))).toEqual(facts));

describe('a host that does not say what it is', () => {
  it.each([[undefined], [''], ['sh: cannot open /etc/os-release']])('%j', (output) => {
    expect(() => readFacts('ws-1', output === undefined ? undefined : answer(output))).toThrow(
      expect.objectContaining({ code: 'probe-failed', context: expect.objectContaining({ host: 'ws-1' }) }),
    );
  });
});

it('this machine says what it is', async () => {
  const { answers } = await runPieces([factsPiece]);
  const facts = readFacts('here', answers.get('facts'));
  expect(facts.distribution).toMatch(/^[a-z]+$/);
  expect(facts.memory).toBeGreaterThan(0);
  expect(facts.cores).toBeGreaterThan(0);
});
