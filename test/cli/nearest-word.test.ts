import { describe, expect, it } from 'vitest';
import { nearestWord } from '../../src/cli/nearest-word.js';

const WORDS = ['diff', 'digest', 'apply', '--effort', '-f', 'bash'];

describe('nearestWord', () => {
  it.each([
    ['dif', 'diff'],
    ['idff', 'diff'],
    ['appply', 'apply'],
    ['aplpy', 'apply'],
    ['digset', 'digest'],
    ['digt', 'digest'],
    ['--effrot', '--effort'],
    ['--efort', '--effort'],
  ])('takes %s for %s', (typed, word) => {
    expect(nearestWord(typed, WORDS)).toBe(word);
  });

  it.each(['', 'd', 'patch', 'tcsh', '-x', 'appplyyy', '--estimate'])('does not guess at %j', (typed) => {
    expect(nearestWord(typed, WORDS)).toBeUndefined();
  });
});
