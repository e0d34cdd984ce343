import type { TimestampProvider } from 'tinybench';

/**
 * CPU time of this process, in microseconds, as tinybench takes it. Other processes on the machine do not count,
 * a second thread of ours (the engine's compiler) does.
 */
const cpuClock: TimestampProvider = {
  name: 'cpu',
  fn: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  toMs: (microseconds) => Number(microseconds) / 1000,
  fromMs: (milliseconds) => milliseconds * 1000,
};

export type ClockName = 'cpu' | 'wall';

export function clockOf(name: ClockName): TimestampProvider | 'hrtimeNow' {
  return name === 'cpu' ? cpuClock : 'hrtimeNow';
}

export function parseClock(name: string): ClockName {
  if (name !== 'cpu' && name !== 'wall') throw new RangeError(`clock: expected cpu or wall, got ${name}`);
  return name;
}
