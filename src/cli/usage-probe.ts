/**
 * Loaded before a process of our own where nothing on the machine measures processes from outside (measure-process.ts): at its end
 * the process writes what it took: CPU seconds in user mode and in the system, and its peak memory in KiB.
 */

import { writeFileSync } from 'node:fs';
import { USAGE_FILE_VARIABLE } from './usage-file.js';

const path = process.env[USAGE_FILE_VARIABLE];
if (path !== undefined) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(path, `${userCPUTime / 1e6} ${systemCPUTime / 1e6} ${maxRSS}`);
  });
}
