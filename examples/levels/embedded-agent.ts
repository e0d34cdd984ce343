/**
 * An agent inside a daemon: it keeps one framework at its newest level, tells the daemon what it does, and answers a status page.
 *
 *   node embedded-agent.ts CONFIG [PORT]
 */
import { createServer } from 'node:http';
import { Agent, type AgentEvent, readAgentConfig, runAgent } from 'deltakit/agent';

const [path, port = '8080'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node embedded-agent.ts CONFIG [PORT]');

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

const config = readAgentConfig(path);
const agent = new Agent({
  ...config.options,
  signal: stop.signal,
  // A function instead of a program: the daemon knows best whether it is well. It runs while the new level is in use already.
  healthCheck: async ({ current, signal }) => {
    const { access } = await import('node:fs/promises');
    signal.throwIfAborted();
    await access(current);
  },
  onEvent: tell,
});

function tell(event: AgentEvent): void {
  if (event.type === 'step' || event.type === 'download') return;
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
}

await agent.adoptBaseline(config.baseline.path, config.baseline.version);

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(agent.status()));
});
server.listen(Number(port), '127.0.0.1');

try {
  await runAgent(agent, { interval: config.interval, signal: stop.signal });
} finally {
  server.close();
}
