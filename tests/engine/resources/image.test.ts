import { describe, expect, it } from 'vitest';
import { image } from '#engine/resources/image.ts';
import { decideFrom, FACTS, kindOf, oneLine } from '../../support/kind.ts';
import { runPieces } from '../../support/shell.ts';

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

describe('the change', () => {
  const DIGEST = 'sha256:1111111111111111';
  const PINNED = `registry.example/odin/kafka@${DIGEST}`;
  const script = (reference: string, prepared: Record<string, string>): string => {
    const resource = image({ reference });
    return kindOf(resource).apply(resource.args, false, FACTS, prepared);
  };
  /** What the script does with a `docker` that only says what it is told. */
  const told = async (text: string): Promise<{ status: number; lines: string[] }> => {
    const docker = `docker() { if [ "$1" = --config ]; then shift 2; fi; echo "docker $*" >&3; case "$*" in *login*) cat >&3; echo >&3;; esac; }`;
    const [answer] = (
      await runPieces([{ id: 'x', script: `set -e\nexec 3>&1\n${docker}\n${text}`, timeoutSeconds: 5, must: true }])
    ).answers.values();
    return { status: answer?.status ?? -1, lines: answer?.output.split('\n') ?? [] };
  };

  it('pulls by digest, then gives it the name of the release', async () => {
    expect(await told(script(REFERENCE, { digest: DIGEST }))).toEqual({
      status: 0,
      lines: [
        `docker pull --quiet 10.77.0.11:5000/odin/ws-server@${DIGEST}`,
        `docker tag 10.77.0.11:5000/odin/ws-server@${DIGEST} ${REFERENCE}`,
      ],
    });
  });

  it('takes one that is pinned as it is', async () => {
    expect((await told(script(PINNED, {}))).lines).toEqual([`docker pull --quiet ${PINNED}`]);
  });

  it('logs in with a password that is in no argument, and keeps no login', async () => {
    const text = script(REFERENCE, { digest: DIGEST, user: 'odin', password: "hun'ter2" });
    expect((await told(text)).lines.slice(0, 2)).toEqual([
      'docker login --username odin --password-stdin 10.77.0.11:5000',
      "hun'ter2",
    ]);
    expect(text).toMatch(/^c=\$\(mktemp -d\)\ntrap 'rm -rf "\$c"' EXIT\n/);
    for (const line of text.split('\n').filter((each) => each.includes('docker ') && !each.startsWith('docker tag')))
      expect(line).toContain('docker --config "$c" ');
  });
});
