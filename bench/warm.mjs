// Creates and applies the patch of a pair again and again in one process and prints the CPU seconds as JSON. Plain
// JavaScript, so that nothing but the engine stands between the clock and the built package.
//   node bench/warm.mjs OLD NEW EFFORT ROUNDS
import { readFileSync } from 'node:fs';
import { applyPatchSync, createPatchSync } from '../dist/index.js';

const [oldPath, newPath, effortText, roundsText] = process.argv.slice(2);
const [oldBytes, newBytes] = [oldPath, newPath].map((path) => new Uint8Array(readFileSync(path)));
const effort = /^\d$/.test(effortText) ? Number(effortText) : effortText;
const rounds = Number(roundsText);
// Long operations vary little, and their rounds would take minutes.
const BUDGET_SECONDS = 15;

function measure(operation) {
  const samples = { userSeconds: [], systemSeconds: [], peakKiB: [] };
  operation();
  let spent = 0;
  while (
    samples.userSeconds.length < rounds &&
    (spent < BUDGET_SECONDS || samples.userSeconds.length === 0)
  ) {
    const start = process.cpuUsage();
    operation();
    const { user, system } = process.cpuUsage(start);
    samples.userSeconds.push(user / 1e6);
    samples.systemSeconds.push(system / 1e6);
    spent += (user + system) / 1e6;
  }
  return samples;
}

const { patch } = createPatchSync(oldBytes, newBytes, { effort });
const result = {
  create: measure(() => createPatchSync(oldBytes, newBytes, { effort })),
  apply: measure(() => applyPatchSync(oldBytes, patch)),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
