import { read, readSettings, type Schema, SettingsError } from '@odin/runtime';
import { describe, expect, test } from 'vitest';
import { runApp } from '../../support/app.ts';

const schema = {
  port: { env: 'PORT', about: 'port', fallback: 1, read: read.integer(1, 65_535) },
  brokers: { env: 'KAFKA_BROKERS', about: 'brokers', read: read.list(read.hostPort) },
} satisfies Schema;

test('values are read, absent ones fall back, others are not ours', () => {
  expect(readSettings(schema, ['KAFKA_'], { KAFKA_BROKERS: 'a:1, [::1]:2', PORT: '', HOME: '/' })).toEqual({
    port: 1,
    brokers: ['a:1', '[::1]:2'],
  });
});

test('all problems are reported at once', () => {
  const reading = () => readSettings(schema, ['KAFKA_'], { PORT: '0', KAFKA_BROKER: 'a:1' });
  expect(reading).toThrow(SettingsError);
  expect(reading).toThrow(/PORT: "0" is not valid.*\n.*KAFKA_BROKERS: missing.*\n.*KAFKA_BROKER: unknown setting/);
});

describe('readers', () => {
  test.each<[string, (text: string) => unknown, string]>([
    ['integer', read.integer(1, 9), '1.5'],
    ['integer', read.integer(1, 9), '10'],
    ['integer', read.integer(1, 9), '1e0'],
    ['decimal', read.decimal(0, 1), 'NaN'],
    ['oneOf', read.oneOf('a', 'b'), 'c'],
    ['name', read.name, 'a b'],
    ['hostPort', read.hostPort, 'host'],
    ['hostPort', read.hostPort, 'host:70000'],
    ['cidr', read.cidr, '10.0.0.0/33'],
    ['cidr', read.cidr, '10.0.0/8'],
    ['cidr', read.cidr, '::/129'],
  ])('%s refuses what does not fit', (_name, reader, text) => {
    expect(() => reader(text)).toThrow('expected');
  });
});

describe.each(['ws-server', 'publisher'])('%s', (app) => {
  test('refuses to start with exit code 3, naming the variable', async () => {
    const ran = await runApp(app, { KAFKA_BROKERS: 'a:1', KAFKA_GROUP: 'x', LOG_LEVEL: 'loud' });
    expect(ran.code).toBe(3);
    expect(ran.output).toContain('KAFKA_GROUP: unknown setting');
    expect(ran.output).toContain('LOG_LEVEL: "loud" is not valid');
  });

  test('prints its effective configuration', async () => {
    const ran = await runApp(app, { KAFKA_BROKERS: 'a:1' }, ['--print-config']);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.output)).toMatchObject({ KAFKA_BROKERS: ['a:1'], LOG_LEVEL: 'info', RELEASE: 'dev' });
  });
});
