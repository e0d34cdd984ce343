/** `deltakit/agent`: installs and removes improvement levels on a device. Needs the package `tuf-js`. */
export { Agent } from './agent/agent.js';
export { type AgentConfig, readAgentConfig } from './agent/agent-config.js';
export type {
  AgentEvent,
  AgentOptions,
  AgentStatus,
  CheckReport,
  InstallReport,
  OfferedLevel,
} from './agent/agent-options.js';
export type { QuarantinedLevel } from './agent/agent-state.js';
export type { Reason, Wish } from './agent/choose-level.js';
export type { HealthCheck, HealthContext } from './agent/health-check.js';
export type { HttpPort } from './agent/http-link.js';
export { type RunOptions, runAgent, runOnce } from './agent/run-agent.js';
export type { Patience } from './agent/watched-body.js';
export * from './errors/index.js';
export { displayVersion } from './levels/level-label.js';
export { isInRollout } from './levels/rollout.js';
export type { TreeApplier } from './levels/tree-port.js';
