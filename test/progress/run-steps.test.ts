import { afterEach, describe, expect, it, vi } from 'vitest';
import { runAsync, runSync, type Steps } from '../../src/progress/run-steps.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Steps of one stage, each of which takes so many milliseconds of a clock that stands still otherwise. */
function* clocked(count: number, milliseconds: number, stages = ['match']): Steps<string> {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  for (const stage of stages as ['match']) {
    for (let done = 1; done <= count; done++) {
      now += milliseconds;
      yield { stage, done, total: count };
    }
  }
  return 'made';
}

describe('progress', () => {
  it('is told at most twenty times a second, and of a stage the first and the last', () => {
    const told: number[] = [];
    expect(runSync(clocked(1000, 1), { onProgress: ({ done }) => told.push(done) })).toBe('made');
    expect(told.length).toBeGreaterThan(15);
    expect(told.length).toBeLessThanOrEqual(22);
    expect([told[0], told.at(-1)]).toEqual([1, 1000]);
    expect(told.slice(1, -1).every((done, i) => done - told[i]! >= 50)).toBe(true);
  });

  it('is told of each step where steps are slow, and of each stage at once', () => {
    const slow = vi.fn();
    runSync(clocked(10, 60), { onProgress: slow });
    expect(slow).toHaveBeenCalledTimes(10);
    const stages: string[] = [];
    runSync(clocked(1, 1, ['match', 'encode', 'verify']), { onProgress: ({ stage }) => stages.push(stage) });
    expect(stages).toEqual(['match', 'encode', 'verify']);
  });

  it('does no harm by a listener that throws', () => {
    const onProgress = vi.fn(() => {
      throw new Error('the listener');
    });
    expect(runSync(clocked(5, 60), { onProgress })).toBe('made');
    expect(onProgress).toHaveBeenCalledTimes(5);
  });
});

describe('runAsync', () => {
  it('rejects with the reason of the signal, and lets the steps clean up', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    let isCleaned = false;
    function* endless(): Steps<never> {
      try {
        for (let done = 0; ; done++) {
          if (done === 3) abort.abort(reason);
          yield { stage: 'match', done, total: 10 };
        }
      } finally {
        isCleaned = true;
      }
    }
    await expect(runAsync(endless(), { signal: abort.signal })).rejects.toBe(reason);
    expect(isCleaned).toBe(true);
  });

  it('takes no step when it was aborted before', async () => {
    const step = vi.fn();
    function* steps(): Steps<void> {
      step();
      yield { stage: 'match', done: 1, total: 1 };
    }
    await expect(runAsync(steps(), { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(step).not.toHaveBeenCalled();
  });

  it('waits for what a step waits for, which runSync cannot', async () => {
    const order: string[] = [];
    function* waiting(): Steps<void> {
      const until = Promise.resolve().then(() => void order.push('elsewhere'));
      yield { stage: 'match', done: 1, total: 2, until };
      order.push('here');
    }
    await runAsync(waiting());
    expect(order).toEqual(['elsewhere', 'here']);
    expect(() => runSync(waiting())).toThrow(TypeError);
  });
});
