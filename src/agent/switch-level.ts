import { rmSync } from 'node:fs';
import { patchError } from '../errors/patch-error.js';
import type { FileLock } from '../node/file-lock.js';
import type { AgentFolder } from './agent-folder.js';
import type { AgentEvent } from './agent-options.js';
import { type AgentState, type Journal, journalPath, writeJournal, writeState } from './agent-state.js';
import { DEFAULT_HEALTH_TIMEOUT, type HealthCheck, runHealthCheck } from './health-check.js';

/**
 * The switch from one tree to another, and its continuation after a kill. One function does both: it looks at journal and link, and goes on from there.
 *
 *     journal "switching"  the wanted tree is whole in versions/; the link shows either tree
 *     link                 one rename
 *     journal "checking"   the link shows the new tree; its health is asked for
 *     state                the new level is installed
 *     journal removed
 *
 * and after a failed check
 *
 *     journal "back"       with the reason
 *     link                 to the former tree
 *     state                the level is in quarantine
 *     journal removed
 *
 * Each line is durable before the next begins, and doing a line again changes nothing. A health check that a kill or a power cut interrupted is no
 * failure: it is asked again. Only when that happens over and over is the level itself suspected.
 */
export interface SwitchContext {
  readonly folder: AgentFolder;
  readonly lock: FileLock;
  readonly healthCheck: HealthCheck | undefined;
  readonly healthTimeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly emit: (event: AgentEvent) => void;
}

/** Health checks that may be interrupted before the level counts as unhealthy. */
const MAX_CHECKS = 6;

/**
 * Carries a switch through and answers the state afterwards.
 *
 * @throws PolicyError HEALTH_CHECK_FAILED after going back; while recovering it is told by an event instead · `signal.reason`: goes on at the next call
 */
export async function switchLevel(
  context: SwitchContext,
  state: AgentState,
  journal: Journal,
  recovering = false,
): Promise<AgentState> {
  const { folder, lock, emit } = context;
  const step = (name: string) => emit({ type: 'step', name });
  lock.assertHeld();
  if (journal.phase === 'switching') {
    // The floor first: what was accepted once is never forgotten, whatever happens now.
    writeState(folder.path, state);
    step('floor');
    if (recovering && folder.currentTree() !== journal.to.tree) return abandon(context, state, journal);
    writeJournal(folder.path, journal);
    step('journal');
    folder.switchTo(journal.to.tree);
    step('switched');
  }
  const { operation, to, checks } = journal;
  if (operation === 'remove') return finish(context, state, journal);
  if (journal.phase === 'back') return goBack(context, state, journal);
  const checking: Journal = { ...journal, phase: 'checking', checks: checks + 1 };
  writeJournal(folder.path, checking);
  step('checking');
  const why =
    checking.checks > MAX_CHECKS ? `${checks} health checks never ended` : await askHealth(context, to.level);
  lock.assertHeld();
  if (why === undefined) {
    step('healthy');
    const done = finish(context, state, checking);
    if (recovering) emit({ type: 'recovered', message: `level ${to.level} is in use` });
    return done;
  }
  const back: Journal = { ...checking, phase: 'back', why: why.slice(0, 500) };
  writeJournal(folder.path, back);
  step('unhealthy');
  const after = goBack(context, state, back);
  if (recovering) return after;
  throw patchError(
    'HEALTH_CHECK_FAILED',
    'agent',
    `level ${to.level} is not healthy and was taken back: ${why}`,
    {
      level: to.level,
      why,
    },
  );
}

/** A switch that never happened: nothing but the journal tells of it. */
function abandon({ folder, emit }: SwitchContext, state: AgentState, journal: Journal): AgentState {
  rmSync(journalPath(folder.path), { force: true });
  emit({ type: 'recovered', message: `the ${journal.operation} had not begun to change anything` });
  return state;
}

function askHealth(context: SwitchContext, level: number): Promise<string | undefined> {
  const { folder, healthCheck, healthTimeout = DEFAULT_HEALTH_TIMEOUT, signal } = context;
  return runHealthCheck(healthCheck, { current: folder.inside('current'), level }, healthTimeout, signal);
}

function finish({ folder, emit }: SwitchContext, state: AgentState, journal: Journal): AgentState {
  const { from, to, operation } = journal;
  const removedLevel = operation === 'remove' ? Math.max(state.removedLevel, from.level) : 0;
  const quarantine = state.quarantine.filter(({ treeDigest }) => treeDigest !== to.treeDigest);
  const lastCheck = state.lastCheck && { ...state.lastCheck, ...outcome(operation, to.level) };
  const after: AgentState = {
    ...state,
    installed: to,
    previous: from.tree,
    removedLevel,
    quarantine,
    lastCheck,
  };
  writeState(folder.path, after);
  emit({ type: 'step', name: 'state' });
  rmSync(journalPath(folder.path), { force: true });
  emit({ type: 'step', name: 'done' });
  folder.sweep([after.base.tree, after.installed.tree, after.previous]);
  return after;
}

function outcome(operation: Journal['operation'], level: number) {
  return operation === 'remove'
    ? { code: 'removed', message: 'the baseline is in use; the level was removed here' }
    : { code: 'current', message: `level ${level} was installed` };
}

function goBack({ folder, emit }: SwitchContext, state: AgentState, journal: Journal): AgentState {
  const { from, to, why } = journal;
  folder.switchTo(from.tree);
  emit({ type: 'step', name: 'back' });
  const quarantine = [
    ...state.quarantine.filter(({ treeDigest }) => treeDigest !== to.treeDigest),
    { base: state.base.version, level: to.level, treeDigest: to.treeDigest, reason: why },
  ];
  const lastCheck = state.lastCheck && {
    ...state.lastCheck,
    code: 'quarantined',
    message: `level ${to.level}: ${why}`,
  };
  // A kill may have come after the level was noted as installed.
  const after: AgentState = { ...state, installed: from, quarantine, lastCheck };
  writeState(folder.path, after);
  rmSync(journalPath(folder.path), { force: true });
  emit({ type: 'rolled-back', level: to.level, message: why });
  folder.sweep([after.base.tree, after.installed.tree, after.previous]);
  return after;
}
