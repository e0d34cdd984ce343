// Times the operations of a build in a process of its own and prints user CPU seconds of each as JSON. Plain JavaScript, so that
// builds of any age are measured by the same code.
//   node bench/gate/time-sample.mjs DIST CASES.json [PLANT]      CASES: [{ name, operation, effort, oldPath, newPath }]
// PLANT: a factor by which every operation is made slower, by real work, to prove that the gate catches it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, casesFile, plantText] = process.argv.slice(2);
const plant = Number(plantText ?? 1);
/** A batch is long enough that the accounting of the system, which counts ticks of some milliseconds, is exact enough. */
const BATCH_MICROSECONDS = 40_000;
const BATCHES = 3;

const { applyPatchSync, createPatchSync } = await import(pathToFileURL(join(dist, 'index.js')).href);

const userTime = () => process.cpuUsage().user;

function runPlanted(operation) {
  const start = userTime();
  operation();
  if (plant <= 1) return;
  const until = start + (userTime() - start) * plant;
  while (userTime() < until);
}

function medianBatch(operation) {
  operation();
  const batches = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const start = userTime();
    let count = 0;
    do {
      runPlanted(operation);
      count++;
    } while (userTime() - start < BATCH_MICROSECONDS);
    batches.push((userTime() - start) / count / 1e6);
  }
  return batches.sort((a, b) => a - b)[BATCHES >> 1];
}

function operationOf({ operation, effort, oldPath, newPath }) {
  const [oldBytes, newBytes] = [oldPath, newPath].map((path) => new Uint8Array(readFileSync(path)));
  if (operation === 'create') return () => createPatchSync(oldBytes, newBytes, { effort, verify: false });
  const { patch } = createPatchSync(oldBytes, newBytes, { effort, verify: false });
  return () => applyPatchSync(oldBytes, patch);
}

const cases = JSON.parse(readFileSync(casesFile, 'utf8'));
const seconds = cases.map((one) => [one.name, medianBatch(operationOf(one))]);
process.stdout.write(`${JSON.stringify(Object.fromEntries(seconds))}\n`);
