// Creates and applies the patch of a pair several times in one process and prints CPU seconds as JSON.
//   node bench/warm.mjs OLD NEW
import { readFileSync } from 'node:fs';
import { applyPatchSync, createPatchSync } from '../dist/index.js';

const [oldBytes, newBytes] = process.argv.slice(2).map((path) => new Uint8Array(readFileSync(path)));
const ROUNDS = oldBytes.length > 2e7 ? 3 : 5;

function measure(run) {
  const seconds = [];
  for (let i = 0; i <= ROUNDS; i++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    if (i > 0) seconds.push((user + system) / 1e6);
  }
  seconds.sort((a, b) => a - b);
  return { median: seconds[Math.floor(seconds.length / 2)], least: seconds[0] };
}

const { patch } = createPatchSync(oldBytes, newBytes);
const create = measure(() => createPatchSync(oldBytes, newBytes));
const apply = measure(() => applyPatchSync(oldBytes, patch));
process.stdout.write(JSON.stringify({ create, apply }));
