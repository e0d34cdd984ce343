import { describe, expect, test } from 'vitest';
import { parseBenchOptions, USAGE } from '../../bench/bench-options.js';

describe('options of the bench', () => {
  test('defaults', () => {
    expect(parseBenchOptions([])).toEqual({
      tiers: ['npm'],
      pairs: [],
      efforts: ['fast', 'default', 'max'],
      peers: ['bsdiff', 'xdelta3', 'zstd'],
      rounds: 3,
      warmRounds: 5,
      onceAbove: 20,
      quick: false,
      kernels: false,
      fetchOnly: false,
      jsonFile: undefined,
      name: undefined,
      peerCacheFile: undefined,
    });
  });

  test('lists come with commas, repeated, or both', () => {
    const options = parseBenchOptions(
      '--pair a,b --pair c --tier debian,npm --effort 7 --effort max'.split(' '),
    );
    expect(options.pairs).toEqual(['a', 'b', 'c']);
    expect(options.tiers).toEqual(['npm', 'debian']);
    expect(options.efforts).toEqual(['7', 'max']);
  });

  test('all tiers', () => {
    expect(parseBenchOptions(['--tier', 'all']).tiers).toEqual(['vectors', 'npm', 'debian']);
  });

  test('quick runs once, unless told otherwise', () => {
    expect(parseBenchOptions(['--quick'])).toMatchObject({ rounds: 1, warmRounds: 1 });
    expect(parseBenchOptions(['--quick', '--rounds', '4'])).toMatchObject({ rounds: 4, warmRounds: 1 });
  });

  test('peers can be chosen and left out', () => {
    expect(parseBenchOptions(['--peers', 'bsdiff']).peers).toEqual(['bsdiff']);
    expect(parseBenchOptions(['--no-peers']).peers).toEqual([]);
  });

  test.each([
    [['--tier', 'cloud'], '--tier: expected vectors, npm, debian, all, got cloud'],
    [['--tier', ''], '--tier: expected vectors, npm, debian, all, got nothing'],
    [['--effort', '10'], '--effort: expected fast, default, max, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got 10'],
    [['--peers', 'hdiffz'], '--peers: expected bsdiff, xdelta3, zstd, got hdiffz'],
    [['--rounds', '0'], '--rounds: expected a whole number from 1, got 0'],
    [['--rounds', '1.5'], '--rounds: expected a whole number from 1, got 1.5'],
    [['--name', '../up'], '--name: expected letters, digits, dots and dashes, got ../up'],
  ])('%j is refused', (args, message) => {
    expect(() => parseBenchOptions(args)).toThrow(new RangeError(message));
  });

  test('an unknown option is refused', () => {
    expect(() => parseBenchOptions(['--fast'])).toThrow(TypeError);
  });

  test('the usage names every option', () => {
    for (const option of [
      'tier',
      'pair',
      'effort',
      'peers',
      'no-peers',
      'rounds',
      'warm',
      'once-above',
      'quick',
    ]) {
      expect(USAGE).toContain(`--${option}`);
    }
    for (const option of ['kernels', 'json', 'name', 'peer-cache', 'fetch-only']) {
      expect(USAGE).toContain(`--${option}`);
    }
  });
});
