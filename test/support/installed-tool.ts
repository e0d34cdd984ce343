import { spawnSync } from 'node:child_process';

/** Whether a program is installed; told on the console where it is not, so that no test is skipped unseen. */
export function hasTool(name: string): boolean {
  const isThere = spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
  if (!isThere) console.warn(`skipped: ${name} is not installed`);
  return isThere;
}
