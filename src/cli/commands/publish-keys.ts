import {
  DEFAULT_LIFETIMES,
  type Lifetimes,
  type RepositorySigners,
  ROLES,
  type Role,
  type RoleSigners,
} from '../../publisher/repository-keys.js';
import { createKeySigner } from '../../signature/ed25519.js';
import { isSecretKeyEncrypted, readSecretKey } from '../../signature/minisign-key.js';
import { type CommandLine, parseCount } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import { readTextOperand } from './read-operand.js';
import { readPassword } from './read-password.js';

/** Keys of a role: those of --ROLE-key, or of --key where there are none. */
export async function readRoleSigners(
  line: CommandLine,
  role: Role | 'present-root',
  signal: AbortSignal,
): Promise<RoleSigners> {
  const own = line.texts(`${role}-key`);
  const paths = own.length > 0 ? own : line.texts('key');
  if (paths.length === 0)
    throw new UsageError(`publish: name the keys with --key FILE or --${role}-key FILE`);
  const password = await readPassword(line, signal);
  const signers = [];
  for (const path of paths) {
    const text = await readTextOperand(path, signal);
    signers.push(createKeySigner(readSecretKey(text, isSecretKeyEncrypted(text) ? password : undefined)));
  }
  return { signers, threshold: readThreshold(line, role) };
}

/** Keys of all roles, for a new root. */
export async function readRootSigners(line: CommandLine, signal: AbortSignal): Promise<RepositorySigners> {
  const read = (role: Role) => readRoleSigners(line, role, signal);
  return {
    root: await read('root'),
    targets: await read('targets'),
    snapshot: await read('snapshot'),
    timestamp: await read('timestamp'),
  };
}

/** Days from --days ROLE=N. */
export function readLifetimes(line: CommandLine): Lifetimes {
  return { ...DEFAULT_LIFETIMES, ...Object.fromEntries(readRoleNumbers(line, 'days', 1, 36_500)) };
}

/** Milliseconds of --time, or of the clock. */
export function readTime(line: CommandLine): number {
  const text = line.text('time');
  if (text === undefined) return Date.now();
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new UsageError(`--time: expected a time such as 2026-03-17T09:00:00Z, got ${text}`);
  return time;
}

function readThreshold(line: CommandLine, role: string): number {
  return new Map(readRoleNumbers(line, 'threshold', 1, 64)).get(role as Role) ?? 1;
}

function readRoleNumbers(line: CommandLine, option: string, least: number, most: number): [Role, number][] {
  return line.texts(option).map((text) => {
    const [name, number] = text.split('=') as [string, string | undefined];
    const role = ROLES.find((each) => each === name);
    if (role === undefined || number === undefined)
      throw new UsageError(`--${option}: expected ROLE=N with one of ${ROLES.join(', ')}, got ${text}`);
    return [role, parseCount(number, option, least, most)];
  });
}
