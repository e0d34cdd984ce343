import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OWN = fileURLToPath(new URL('../../vectors/foreign/', import.meta.url));

/** A patch that another tool made, or the files it belongs to: a path below vectors/foreign. */
export function foreignVector(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(resolve(OWN, path)));
}

/** Vectors of other projects that may not be copied here: beside the repository, or where the variable says. */
const OUTSIDE = resolve(process.env.DELTAKIT_FOREIGN_VECTORS ?? '../shared/vectors');

/** Path of a folder of such vectors; undefined, told on the console, where they are absent. */
export function outsideVectors(name: string): string | undefined {
  const path = resolve(OUTSIDE, name);
  if (existsSync(path)) return path;
  console.warn(`skipped: ${name} is not at hand; set DELTAKIT_FOREIGN_VECTORS to the folder that holds it`);
  return undefined;
}
