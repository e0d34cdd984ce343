import { describe, expect, test } from 'vitest';
import { findMeter, measureProcess } from '../../src/cli/measure-process.js';

const meter = findMeter();
const run = (script: string) => measureProcess(meter, process.execPath, ['-e', script]);

describe(`measuring a process by ${meter}`, () => {
  test('counts the CPU time that it spends', () => {
    const busy = run('const end = process.cpuUsage(); while (process.cpuUsage(end).user < 300_000);');
    const idle = run('setTimeout(() => {}, 300)');
    expect([busy.status, idle.status]).toEqual([0, 0]);
    expect(idle.wallSeconds).toBeGreaterThan(0.3);
    if (meter === 'none') return expect(busy.cost.cpuSeconds).toBeUndefined();
    expect(busy.cost.cpuSeconds! - idle.cost.cpuSeconds!).toBeGreaterThan(0.2);
    expect(busy.cost.cpuSeconds!).toBeGreaterThanOrEqual(busy.cost.userSeconds!);
  });

  test('tells its peak memory', () => {
    const [small, large] = [run('0'), run('Buffer.alloc(100 * 2 ** 20, 1)')];
    if (meter === 'none') return expect(small.cost.peakKiB).toBeUndefined();
    expect(large.cost.peakKiB! - small.cost.peakKiB!).toBeGreaterThan(90 * 1024);
  });

  test('passes on status and errors', () => {
    const failed = run('console.error("out of luck"); process.exit(7)');
    expect(failed.status).toBe(7);
    expect(failed.errorText).toContain('out of luck');
  });

  test('a program that is not there has no status of success', () => {
    expect(measureProcess(meter, 'no-such-program-here', []).status).not.toBe(0);
  });
});
