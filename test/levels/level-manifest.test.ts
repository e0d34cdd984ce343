import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/levels/base-version.js';
import { displayVersion, levelLetters } from '../../src/levels/level-label.js';
import {
  type LevelManifest,
  manifestPath,
  readLevelManifest,
  writeLevelManifest,
} from '../../src/levels/level-manifest.js';
import { isInRollout, rolloutPlace } from '../../src/levels/rollout.js';

const digest = (letter: string) => letter.repeat(64);
const manifest: LevelManifest = {
  product: 'WebKit',
  platform: 'linux',
  architecture: 'arm64',
  sequence: 3,
  published: '2026-03-17T09:00:00Z',
  expires: '2026-06-15T09:00:00Z',
  minimumBase: '26.1',
  bases: [
    {
      version: '26.3.1',
      treeDigest: digest('0'),
      treeSize: 5000,
      levels: [1, 3].map((level) => ({
        level,
        treeDigest: digest(`${level}`),
        treeSize: 5000 + level,
        withdrawn: level === 1,
        withdrawnReason: level === 1 ? 'sites refused it' : '',
        rollout: { percent: 100, salt: 's' },
        severity: 'high' as const,
        advisories: [{ id: 'CVE-2026-20643', component: 'WebKit' }],
        full: { size: 900, sha256: digest('f') },
        deltas: [
          { from: 0, size: 300, sha256: digest('d') },
          ...(level === 3 ? [{ from: 1, size: 100, sha256: digest('e') }] : []),
        ],
      })),
    },
  ],
};
const text = new TextDecoder().decode(writeLevelManifest(manifest));
const read = (changed: string) => readLevelManifest(new TextEncoder().encode(changed));
const swap = (from: string, to: string) => {
  expect(text).toContain(from);
  return text.replace(from, to);
};

describe('a level manifest', () => {
  it('comes back as it was written', () => {
    expect(read(text)).toEqual(manifest);
    expect(manifestPath(manifest)).toBe('levels/WebKit/linux/arm64.json');
  });

  it.each([
    ['a field more', swap('"schema":1', '"more":1,"schema":1')],
    ['a field less', swap(',"sequence":3', '')],
    ['a key twice', swap('"schema":1', '"schema":1,"schema":1')],
    ['__proto__', swap('"bases":', '"__proto__":{},"bases":')],
    ['another order', swap('"schema":1,"sequence":3', '"sequence":3,"schema":1')],
    ['white space', swap('"schema":1', '"schema": 1')],
    ['a byte order mark', `\ufeff${text}`],
    ['bytes behind', `${text}\n`],
    ['no line end', text.trimEnd()],
    ['a fraction', swap('"sequence":3', '"sequence":3.5')],
    ['a huge number', swap('"sequence":3', '"sequence":1e300')],
    ['minus zero', swap('"sequence":3', '"sequence":-0')],
    ['an unsafe integer', swap('"sequence":3', '"sequence":9007199254740993')],
    ['a text for a number', swap('"sequence":3', '"sequence":"3"')],
    ['an upper-case digest', swap(digest('d'), digest('D'))],
    ['a digest of the length of SHA-1', swap(digest('f'), 'f'.repeat(40))],
    ['a level of no number', swap('"level":3', '"level":"c"')],
    ['level 0', swap('"level":1', '"level":0')],
    ['the same level twice', swap('"level":3', '"level":1')],
    ['a delta from above', swap('"from":1', '"from":3')],
    ['a path for a name', swap('"product":"WebKit"', '"product":"../WebKit"')],
    ['a version with a letter', swap('"version":"26.3.1"', '"version":"26.3.1a"')],
    ['a day that is none', swap('2026-06-15', '2026-06-31')],
    ['a time of another spelling', swap('09:00:00Z","minimum', '09:00:00.000Z","minimum')],
    ['101 percent', swap('"percent":100', '"percent":101')],
    ['a line end in a reason', swap('sites refused', 'sites\\nrefused')],
    ['another severity', swap('"severity":"high"', '"severity":"huge"')],
    ['another schema', swap('"schema":1', '"schema":2')],
    ['half a character', swap('sites', '\\ud800')],
    ['null', 'null\n'],
    ['nothing', ''],
  ])('is refused with %s', (_name, changed) => {
    expect(() => read(changed)).toThrow(expect.objectContaining({ code: 'BAD_MANIFEST' }));
  });

  it('is refused cut off anywhere', () => {
    for (let size = 0; size < text.length; size += 7) {
      expect(() => read(text.slice(0, size))).toThrow(expect.objectContaining({ code: 'BAD_MANIFEST' }));
    }
  });
});

describe('levels for people', () => {
  it.each([
    [0, ''],
    [1, 'a'],
    [26, 'z'],
    [27, 'aa'],
    [52, 'az'],
    [702, 'zz'],
    [703, 'aaa'],
  ])('%i is "%s"', (level, letters) => {
    expect(levelLetters(level)).toBe(letters);
  });

  it('stand behind the base, in brackets', () => {
    expect(displayVersion('26.3.1', 1)).toBe('26.3.1 (a)');
    expect(displayVersion('26.3.1', 0)).toBe('26.3.1');
  });
});

it('versions of bases compare number by number', () => {
  const ascending = ['9', '26.1', '26.1.1', '26.3', '26.3.1', '26.10'];
  for (const [i, a] of ascending.entries())
    for (const [k, b] of ascending.entries()) expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - k));
  expect(compareVersions('26.1', '26.1.0')).toBe(0);
});

describe('a rollout', () => {
  const ids = Array.from({ length: 10_000 }, (_, i) => `device-${i}`);
  const share = (percent: number, salt = 's') => ids.filter((id) => isInRollout(id, salt, percent));

  it('takes everybody or nobody at its ends and grows in between', () => {
    expect(share(100)).toHaveLength(ids.length);
    expect(share(0)).toHaveLength(0);
    const ten = new Set(share(20));
    expect(share(10).every((id) => ten.has(id))).toBe(true);
  });

  it('takes about as many as it says, and others with another salt', () => {
    // Four standard deviations of a binomial distribution: 4 sqrt(10000 0.1 0.9) = 120.
    expect(Math.abs(share(10).length - 1000)).toBeLessThan(120);
    expect(share(10, 'other')).not.toEqual(share(10));
  });

  it('is the same function for ever', () => {
    expect(['a', 'b', 'c'].map((id) => rolloutPlace(id, 's'))).toEqual(PLACES);
  });
});

/** First 32 bits of SHA-256("s\0a") and so on, times 10000 / 2^32, by coreutils and bc. */
const PLACES = [3007, 4197, 6243];
