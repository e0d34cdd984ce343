import { Agent } from '../../agent/agent.js';
import { type AgentConfig, readAgentConfig } from '../../agent/agent-config.js';
import type { AgentEvent, AgentStatus } from '../../agent/agent-options.js';
import type { Wish } from '../../agent/choose-level.js';
import { runAgent } from '../../agent/run-agent.js';
import { type CommandLine, parseCount } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

export async function runAgentCommand(line: CommandLine, terminal: Terminal): Promise<void> {
  const [action] = line.operands as [string];
  const path = line.text('config');
  if (path === undefined) throw new UsageError('agent: name the configuration with --config FILE');
  const config = readConfig(path);
  const { signal } = terminal;
  const agent = new Agent({ ...config.options, signal, onEvent: (event) => tellEvent(event, terminal) });
  // Looking changes nothing, and needs no lock.
  if (action === 'status') return tellStatus(agent.status(), terminal);
  await agent.adoptBaseline(config.baseline.path, config.baseline.version);
  if (action === 'run') return runAgent(agent, { interval: config.interval, signal });
  await runAction(action, agent, line, terminal);
}

function readConfig(path: string): AgentConfig {
  try {
    return readAgentConfig(path);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${error.message}; docs/LEVELS.md has an example`);
    throw error;
  }
}

async function runAction(action: string, agent: Agent, line: CommandLine, terminal: Terminal): Promise<void> {
  if (action === 'check') {
    const report = await agent.check(wishOf(line));
    if (await terminal.printJson('agent-check', report)) return;
    const { offered, message } = report;
    const ids = offered?.advisories.map(({ id, component }) => `${id} (${component})`).join(', ');
    terminal.note(ids ? `${message}; it closes ${ids}` : message);
  } else if (action === 'install') {
    const report = await agent.install(wishOf(line));
    if (await terminal.printJson('agent-install', report)) return;
    terminal.note(
      report.path === '' ? report.message : `${report.message} (${report.path}, ${report.downloaded} bytes)`,
    );
  } else {
    const change = {
      remove: () => agent.remove(),
      enable: () => agent.enable(),
      disable: () => agent.disable(),
    };
    await tellStatus(await change[action as keyof typeof change](), terminal);
  }
}

function wishOf(line: CommandLine): Wish {
  const level = line.text('level');
  return {
    automatic: line.flag('automatic'),
    level: level === undefined ? undefined : parseCount(level, 'level', 1, 1_000_000),
    retry: line.flag('retry'),
    allowLower: line.flag('allow-lower'),
  };
}

/** Is it enabled? Is it current? Why not? */
async function tellStatus(status: AgentStatus, terminal: Terminal): Promise<void> {
  if (await terminal.printJson('agent-status', status)) return;
  const current = status.isCurrent === null ? 'not known' : status.isCurrent ? 'yes' : 'no';
  const locks = Object.entries(status.locks).filter(([, isSet]) => isSet);
  const lines = [
    `${status.product} ${status.display}`,
    `enabled: ${status.automatic ? 'yes, levels are installed automatically' : 'no, levels are installed on demand'}`,
    `current: ${current}; ${status.message} (${status.why})`,
    ...(locks.length > 0 ? [`locked by the administrator: ${locks.map(([name]) => name).join(', ')}`] : []),
    ...status.quarantine.map(({ level, reason }) => `quarantined: level ${level}: ${reason}`),
    ...(status.pending === null ? [] : [`interrupted: ${status.pending}`]),
  ];
  await terminal.print(`${lines.join('\n')}\n`);
}

function tellEvent(event: AgentEvent, terminal: Terminal): void {
  if (event.type === 'download')
    terminal.onProgress?.({ stage: 'download', done: event.done, total: event.total });
  else if (event.type === 'path-failed')
    terminal.note(`${event.path} failed: ${event.message} [${event.code}]`);
  else if (event.type === 'failed')
    terminal.note(`${event.message} [${event.code}]; again in ${Math.round(event.retryIn / 1000)} s`);
  else if (event.type === 'rolled-back')
    terminal.note(`level ${event.level} was taken back: ${event.message}`);
  else if (event.type === 'recovered') terminal.note(`after an interruption: ${event.message}`);
  else terminal.detail(JSON.stringify(event));
}
