import { describe, expect, it } from 'vitest';
import { image } from '#engine/resources/image.ts';
import { decideFrom, FACTS, kindOf, oneLine } from '../../support/kind.ts';

const REFERENCE = '10.77.0.11:5000/odin/ws-server:4f1c0a9be210';
const wanted = image({ reference: REFERENCE });

it('is called without the registry', () => expect(wanted.id).toBe('docker.image odin/ws-server:4f1c0a9be210'));

describe('what is decided', () => {
  it.each([
    ['there', `${REFERENCE}\n%up\n`, 'ok'],
    ['there under several names', `other:1 ${REFERENCE}\n%up\n`, 'ok'],
    ['another release', '10.77.0.11:5000/odin/ws-server:000000000000\n%up\n', '+ pull'],
    ['not there', '%up\n', '+ pull'],
    ['no Docker yet', '', '? docker'],
    ['Docker does not answer', 'Cannot connect to the Docker daemon\n', '? docker'],
  ])('%s', (_what, output, decision) => expect(oneLine(decideFrom(wanted, output))).toBe(decision));
});

it('pulls by digest, then names it', () => {
  const script = kindOf(wanted).apply(wanted.args, false, FACTS, { digest: 'sha256:abc' });
  expect(script.split('\n')).toEqual([
    'docker pull --quiet 10.77.0.11:5000/odin/ws-server@sha256:abc >/dev/null',
    'docker tag 10.77.0.11:5000/odin/ws-server@sha256:abc 10.77.0.11:5000/odin/ws-server:4f1c0a9be210',
  ]);
});
