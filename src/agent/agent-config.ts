import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { NAME_PATTERN } from '../levels/level-manifest.js';
import { readWholeFile } from '../node/file-reader.js';
import { withPath } from '../node/storage-error.js';
import type { AgentOptions } from './agent-options.js';

/** What the configuration file of an agent says; paths in it are relative to the file. The file belongs to the administrator. */
export interface AgentConfig {
  readonly options: AgentOptions;
  readonly baseline: { readonly version: string; readonly path: string };
  /** Milliseconds; undefined for the default. */
  readonly interval: number | undefined;
}

type Field = readonly [
  name: string,
  isRequired: boolean,
  accepts: (value: unknown) => boolean,
  expected: string,
];

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isName = (value: unknown) => typeof value === 'string' && NAME_PATTERN.test(value);
const isFlag = (value: unknown) => typeof value === 'boolean';
const isSeconds = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isWords = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isText);

const FIELDS: readonly Field[] = [
  ['folder', true, isText, 'a path'],
  ['repository', true, isText, 'an address'],
  ['trustedRoot', true, isText, 'a path'],
  ['product', true, isName, 'a name'],
  ['platform', true, isName, 'a name'],
  ['architecture', true, isName, 'a name'],
  ['baseline', true, isObject, '{ "version", "path" }'],
  ['healthCheck', false, isWords, 'a program and its words'],
  ['healthTimeoutSeconds', false, isSeconds, 'a number of seconds'],
  ['intervalSeconds', false, isSeconds, 'a number of seconds'],
  ['automatic', false, isFlag, 'true or false'],
  ['locks', false, isObject, '{ "install", "remove" }'],
];
const BASELINE: readonly Field[] = [
  ['version', true, isText, 'a version'],
  ['path', true, isText, 'a path'],
];
const LOCKS: readonly Field[] = [
  ['install', false, isFlag, 'true or false'],
  ['remove', false, isFlag, 'true or false'],
];

interface ConfigFile {
  readonly folder: string;
  readonly repository: string;
  readonly trustedRoot: string;
  readonly product: string;
  readonly platform: string;
  readonly architecture: string;
  readonly baseline: { readonly version: string; readonly path: string };
  readonly healthCheck?: readonly string[];
  readonly healthTimeoutSeconds?: number;
  readonly intervalSeconds?: number;
  readonly automatic?: boolean;
  readonly locks?: { readonly install?: boolean; readonly remove?: boolean };
}

/** Reads a configuration file. Throws StorageError, and TypeError naming the field: the administrator mends it. */
export function readAgentConfig(path: string): AgentConfig {
  const text = withPath(path, 'READ_FAILED', () => readFileSync(path, 'utf8'));
  const file = parse(text, path);
  const at = (each: string) => resolve(dirname(path), each);
  const { product, platform, architecture, repository, healthCheck, automatic, locks } = file;
  const seconds = (value: number | undefined) => (value === undefined ? undefined : value * 1000);
  return {
    options: {
      product,
      platform,
      architecture,
      repository,
      folder: at(file.folder),
      trustedRoot: readWholeFile(at(file.trustedRoot)),
      healthCheck,
      healthTimeout: seconds(file.healthTimeoutSeconds),
      automatic,
      locks,
    },
    baseline: { version: file.baseline.version, path: at(file.baseline.path) },
    interval: seconds(file.intervalSeconds),
  };
}

function parse(text: string, path: string): ConfigFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isObject(value)) throw bad(path, 'the whole', 'an object');
  const file = value as ConfigFile;
  assertFields(file, FIELDS, path);
  assertFields(file.baseline, BASELINE, `${path}: baseline`);
  assertFields(file.locks ?? {}, LOCKS, `${path}: locks`);
  return file;
}

function assertFields(value: object, fields: readonly Field[], path: string): void {
  const unknown = Object.keys(value).find((key) => !fields.some(([name]) => name === key));
  if (unknown !== undefined) throw bad(path, unknown, 'no such field');
  for (const [name, isRequired, accepts, expected] of fields) {
    const found = (value as Record<string, unknown>)[name];
    if (found === undefined ? isRequired : !accepts(found)) throw bad(path, name, expected);
  }
}

function bad(path: string, name: string, expected: string): TypeError {
  return new TypeError(`${path}: ${name}: expected ${expected}`);
}
