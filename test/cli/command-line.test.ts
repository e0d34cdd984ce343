import { describe, expect, it } from 'vitest';
import { parseCommandLine, parseCount, parseSize } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/command-table.js';
import { UsageError } from '../../src/cli/exit-code.js';

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['65536', 65536],
    ['64K', 65536],
    ['64k', 65536],
    ['1.5M', 1572864],
    ['200MiB', 209715200],
    ['1 GB', 1073741824],
    ['2T', 2199023255552],
  ])('reads %s', (text, size) => {
    expect(parseSize(text, 'memory')).toBe(size);
  });

  it.each(['', '-1', '1e9', '0x10', 'K', '1P', '1.K', '99999999999T', '64 K M'])('refuses %j', (text) => {
    expect(() => parseSize(text, 'memory')).toThrow(UsageError);
  });

  it('keeps to the least', () => {
    expect(parseSize(undefined, 'memory', 100)).toBeUndefined();
    expect(parseSize('100', 'memory', 100)).toBe(100);
    expect(() => parseSize('99', 'memory', 100)).toThrow('--memory: expected 100 bytes or more, got 99');
  });
});

describe('parseCount', () => {
  it('keeps to its bounds', () => {
    expect(parseCount('1', 'threads', 1, 64)).toBe(1);
    expect(parseCount('64', 'threads', 1, 64)).toBe(64);
    for (const text of ['0', '65', '', '1.0', '+1', 'one'])
      expect(() => parseCount(text, 'threads', 1, 64)).toThrow(UsageError);
  });
});

describe('parseCommandLine', () => {
  it('takes options anywhere, the last of a kind, and repeated ones all', () => {
    const line = parseCommandLine(
      ['diff', '-f', 'a', '--effort', 'max', 'b', '--effort=fast', '-oP'].concat(
        ...['x=1', 'y=2'].map((text) => ['--metadata', text]),
      ),
    );
    expect(line.command.name).toBe('diff');
    expect(line.operands).toEqual(['a', 'b']);
    expect(line.text('effort')).toBe('fast');
    expect(line.text('output')).toBe('P');
    expect(line.text('memory')).toBeUndefined();
    expect(line.texts('metadata')).toEqual(['x=1', 'y=2']);
    expect([line.flag('force'), line.flag('quiet')]).toEqual([true, false]);
  });

  it('ends options at -- and takes a lone dash as an operand', () => {
    expect(parseCommandLine(['apply', '-', '--', '-f']).operands).toEqual(['-', '-f']);
  });

  it('asks for no operands when help is wanted', () => {
    expect(parseCommandLine(['diff', '--help']).flag('help')).toBe(true);
  });
});

describe('the command table', () => {
  it('has no option twice in a command, and help, an example and a usage that begin with its name', () => {
    for (const { name, options, example, usage } of COMMANDS) {
      const spellings = options.flatMap((option) => [option.name, ...(option.short ? [option.short] : [])]);
      expect(new Set(spellings).size, name).toBe(spellings.length);
      expect(spellings).toContain('help');
      for (const text of [example, usage]) expect(text).toMatch(new RegExp(`^deltakit ${name}\\b`));
    }
  });

  it('has examples that parse', () => {
    for (const { example } of COMMANDS) {
      const words = example.split(' | ')[0]!.split(' > ')[0]!.split(' ').slice(1);
      expect(() => parseCommandLine(words), example).not.toThrow();
    }
  });
});
