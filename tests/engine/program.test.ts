import { describe, expect, it } from 'vitest';
import { AnswerReader, compile, type Piece } from '#engine/program.ts';
import { runPieces, runText } from '../support/shell.ts';

const piece = (id: string, script: string, more: Partial<Piece> = {}): Piece => ({
  id,
  script,
  timeoutSeconds: 5,
  ...more,
});

describe.concurrent('a program under a real sh', () => {
  const table: [what: string, script: string, status: number, output: string][] = [
    ['prints a line', 'echo one', 0, 'one'],
    ['prints nothing', ':', 0, ''],
    ['ends without a newline', 'printf one', 0, 'one'],
    ['prints blank lines at its end', 'printf "one\\n\\n"', 0, 'one\n'],
    ['fails', 'echo bad; exit 7', 7, 'bad'],
    ['uses a tool that is not there', 'no-such-tool-here', 127, ''],
    ['quotes and dollars', `printf '%s' "it's \\$HOME"`, 0, "it's $HOME"],
    ['a here-document', "cat <<'END'\na $b\nEND", 0, 'a $b'],
    ['reads standard input, which is empty', 'cat; echo end', 0, 'end'],
    [
      'prints a frame of another nonce',
      'echo "@abc123 end x 0"; echo "@abc123 begin y"',
      0,
      '@abc123 end x 0\n@abc123 begin y',
    ],
    ['prints what looks like a frame', 'echo "@ end odd 1"; echo still here', 0, '@ end odd 1\nstill here'],
    ['prints more than a pipe holds', 'head -c 200000 /dev/zero | tr "\\0" x', 0, 'x'.repeat(200_000)],
  ];
  for (const must of [false, true]) {
    it.each(table)(`${must ? 'change' : 'probe'}: %s`, async (_what, script, status, output) => {
      const { answers } = await runPieces([piece('x', script, { must })]);
      const answer = answers.get('x');
      expect(answer?.status).toBe(status);
      if (status !== 127) expect(answer?.output).toBe(output);
    });
  }

  it('keeps standard error out of a probe and in a change', async () => {
    const { answers, stderr } = await runPieces([
      piece('probe', 'echo out; echo err >&2'),
      piece('change', 'echo out; echo err >&2', { must: true }),
    ]);
    expect(answers.get('probe')?.output).toBe('out');
    expect(answers.get('change')?.output).toBe('out\nerr');
    expect(stderr).toBe('err\n');
  });

  it('ends a hung piece alone: 124, and the others stand', async () => {
    const { answers } = await runPieces([
      piece('before', 'echo 1'),
      piece('hung', 'echo began; sleep 30', { timeoutSeconds: 0.5 }),
      piece('after', 'echo 2'),
    ]);
    expect([...answers.values()]).toEqual([
      { id: 'before', status: 0, output: '1' },
      { id: 'hung', status: 124, output: 'began' },
      { id: 'after', status: 0, output: '2' },
    ]);
  });

  it('kills a piece that does not listen: 137', async () => {
    const { answers } = await runPieces([
      piece('deaf', "trap '' TERM; sleep 30", { timeoutSeconds: 0.5 }),
      piece('after', 'echo 2'),
    ]);
    expect(answers.get('deaf')?.status).toBe(137);
    expect(answers.get('after')?.output).toBe('2');
  });

  it('answers the same whether pieces are quick or not', async () => {
    const scripts = [
      'echo 1; exit 3',
      'V=1; cd /; set -- a b',
      'echo "[$V$1]"; cat',
      'if [ then',
      'exec sh -c "echo 5"',
      ':',
    ];
    const run = async (quick: boolean): Promise<unknown> => {
      const { answers } = await runPieces(scripts.map((script, i) => piece(`p${i}`, script, { quick })));
      return [...answers.values()];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('quick pieces share a process, up to the first that is not quick', async () => {
    const parent = 'read -r _ _ _ parent _ </proc/self/stat; echo "$parent"';
    const { answers } = await runPieces([
      ...['a', 'b'].map((id) => piece(id, parent, { quick: true })),
      piece('slow', parent),
      ...['c', 'd'].map((id) => piece(id, parent, { quick: true })),
    ]);
    const [a, b, slow, c, d] = [...answers.values()].map(({ output }) => output);
    expect([a, c]).toEqual([b, d]);
    expect(new Set([a, slow, c]).size).toBe(3);
  });

  it('a quick piece that hangs spoils its own answer only, and leaves nothing behind', async () => {
    const { answers } = await runPieces([
      piece('before', 'echo 1', { quick: true }),
      piece('hung', 'sleep 31.25', { quick: true, timeoutSeconds: 0.5 }),
      piece('after', 'echo 2', { quick: true }),
      piece('left', 'pgrep -f "[s]leep 31.25" || echo none'),
    ]);
    expect([...answers.values()].map(({ id, status }) => [id, status])).toEqual([
      ['before', 0],
      ['hung', 124],
      ['after', 0],
      ['left', 0],
    ]);
    expect(answers.get('after')?.output).toBe('2');
    expect(answers.get('left')?.output).toBe('none');
  }, 20_000);

  it('quick pieces larger than all arguments of Linux together answer all the same', async () => {
    const all = Array.from({ length: 30 }, (_, i) =>
      piece(`p${i}`, `: ${'x'.repeat(100_000)}\necho ${i}`, { quick: true }),
    );
    const { answers } = await runPieces(all);
    expect([...answers.values()].map(({ output }) => output)).toEqual(all.map((_, i) => String(i)));
  });

  it('stops after a `must` piece that failed, and only after such a one', async () => {
    const { answers } = await runPieces([
      piece('probe', 'exit 3'),
      piece('first', 'echo done', { must: true }),
      piece('second', 'echo broken; exit 9', { must: true }),
      piece('third', 'echo never', { must: true }),
      piece('reread', 'echo never'),
    ]);
    expect([...answers.keys()]).toEqual(['probe', 'first', 'second']);
    expect(answers.get('second')).toEqual({ id: 'second', status: 9, output: 'broken' });
  });

  it('takes a change larger than one argument of Linux (128 KiB)', async () => {
    const { answers } = await runPieces([piece('big', `wc -c <<'END'\n${'x'.repeat(300_000)}\nEND`, { must: true })]);
    expect(answers.get('big')).toEqual({ id: 'big', status: 0, output: '300001' });
  });

  it('never shows the script of a change in the list of processes', async () => {
    const secret = 'hunter2-in-no-argument';
    const look = `: ${secret}\ncat /proc/[0-9]*/cmdline | tr '\\0' ' '`;
    const { answers } = await runPieces([piece('look', look, { must: true })]);
    expect(answers.get('look')?.output).toContain('timeout');
    expect(answers.get('look')?.output).not.toContain(secret);
  });

  it('leaves no variable of one piece to the next', async () => {
    const { answers } = await runPieces([piece('a', 'V=1; cd /'), piece('b', 'echo "[$V]"')]);
    expect(answers.get('b')?.output).toBe('[]');
  });

  it('has another nonce each time', () => {
    const nonces = new Set(Array.from({ length: 100 }, () => compile([]).nonce));
    expect(nonces.size).toBe(100);
    for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{18}$/);
  });
});

describe('the reader', () => {
  const stream = [
    'Welcome to Debian!',
    '',
    '@n1 begin one',
    'a',
    '@other end one 0',
    '',
    '@n1 end one 0',
    'noise between',
    '',
    '@n1 begin two',
    'no newline at its end',
    '@n1 end two 3',
    'logout',
    '',
  ].join('\n');
  const expected = [
    { id: 'one', status: 0, output: 'a\n@other end one 0' },
    { id: 'two', status: 3, output: 'no newline at its end' },
  ];

  it('skips noise before, between and after the frames', () => {
    const reader = new AnswerReader('n1');
    reader.push(stream);
    expect([...reader.answers.values()]).toEqual(expected);
  });

  it('reads the same however the stream is cut', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const reader = new AnswerReader('n1');
      reader.push(stream.slice(0, at));
      reader.push(stream.slice(at));
      expect([...reader.answers.values()], `cut at ${at}`).toEqual(expected);
    }
    const reader = new AnswerReader('n1');
    for (const character of stream) reader.push(character);
    expect([...reader.answers.values()]).toEqual(expected);
  });

  it('tells when a piece begins and ends', () => {
    const events: string[] = [];
    const reader = new AnswerReader(
      'n1',
      (id) => events.push(`begin ${id}`),
      ({ id, status }) => events.push(`end ${id} ${status}`),
    );
    reader.push(stream);
    expect(events).toEqual(['begin one', 'end one 0', 'begin two', 'end two 3']);
  });

  it('knows what an unfinished piece has printed', () => {
    const reader = new AnswerReader('n1');
    expect(reader.unfinished()).toBeUndefined();
    reader.push('\n@n1 begin slow\nline 1\nhalf a li');
    expect(reader.unfinished()).toEqual({ id: 'slow', output: 'line 1\nhalf a li' });
    expect(reader.answers.size).toBe(0);
  });

  it('ignores an end that no begin opened', () => {
    const reader = new AnswerReader('n1');
    reader.push('@n1 end ghost 0\n@n1 begin a\n@n1 end b 0\n\n@n1 end a 0\n');
    expect([...reader.answers.keys()]).toEqual(['a']);
  });
});

it('a program cut off in the middle answers what had ended', async () => {
  const { text, nonce } = compile([piece('one', 'echo 1'), piece('two', 'echo 2')]);
  const reader = new AnswerReader(nonce);
  const { status } = await runText(
    text.replace(/^p two/m, () => 'kill -9 $$\np two'),
    (chunk) => reader.push(chunk),
  );
  expect(status).toBe(-1);
  expect([...reader.answers.keys()]).toEqual(['one']);
});
