/** Milliseconds of CPU time that `run` takes in this process. A clock on the wall also counts what a loaded machine does meanwhile. */
export function cpuTimeOf(run: () => void): number {
  const { user, system } = process.cpuUsage();
  run();
  const after = process.cpuUsage();
  return (after.user - user + after.system - system) / 1000;
}
