import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { flagsFor } from '../../src/cli/engine-flags.js';

const version = Number.parseInt(process.versions.v8, 10);

test.each(['apply', 'diff'] as const)('%s: the engine takes its flags without a word', (command) => {
  const flags = flagsFor(command, version);
  const script = `const { setFlagsFromString } = require('node:v8'); ${JSON.stringify(flags)}.forEach((flag) => setFlagsFromString(flag));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('an unknown flag would be told of', () => {
  const script = "require('node:v8').setFlagsFromString('--no-such-flag')";
  expect(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stderr).toContain('no-such-flag');
});

test('only engines that are known are told anything', () => {
  expect(flagsFor('apply', 10)).toEqual([]);
  expect(flagsFor('apply', 15)).toEqual([]);
  expect(flagsFor('apply', Number.NaN)).toEqual([]);
  expect(flagsFor('diff', 11)).toContain('--interrupt-budget=500000');
  expect(flagsFor('diff', 14)).not.toContain('--interrupt-budget=500000');
});
