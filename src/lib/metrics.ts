import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The process's metrics, as `/metrics` prints them. */
export const metrics = new Registry()
collectDefaultMetrics({ register: metrics })

/** Statements sent to PostgreSQL by the pools of this process. */
export const sqlStatements = new Counter({
  name: 'sql_statements_total',
  help: 'Statements sent to PostgreSQL',
  registers: [metrics],
})

/** Operations by name, transport and outcome; the name is one of a bounded set or `other`. */
export const operations = new Histogram({
  name: 'graphql_operation_seconds',
  help: 'Time of a GraphQL operation',
  labelNames: ['operation', 'transport', 'outcome'] as const,
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [metrics],
})

/** Open HTTP connections of this process, without those that became WebSockets. */
export const openConnections = new Gauge({
  name: 'http_connections',
  help: 'Open HTTP connections, without those that became WebSockets',
  registers: [metrics],
})

/** HTTP connections that were one too many. */
export const refusedConnections = new Counter({
  name: 'http_connections_refused_total',
  help: 'HTTP connections refused because too many were open',
  registers: [metrics],
})

/** Open sockets of this process. */
export const openSockets = new Gauge({ name: 'graphql_sockets', help: 'Open WebSockets', registers: [metrics] })

/** Live subscriptions of this process. */
export const liveSubscriptions = new Gauge({
  name: 'graphql_subscriptions',
  help: 'Live GraphQL subscriptions',
  registers: [metrics],
})

/** Background jobs by name and outcome. */
export const jobRuns = new Counter({
  name: 'job_runs_total',
  help: 'Background jobs run',
  labelNames: ['job', 'outcome'] as const,
  registers: [metrics],
})

/** Jobs in the queue that may still run; as of the last time a worker here looked. */
export const waitingJobs = new Gauge({
  name: 'jobs_waiting',
  help: 'Jobs in the queue that may still run',
  registers: [metrics],
})

/** Jobs that failed for good and wait for a person. */
export const failedJobs = new Gauge({ name: 'jobs_failed', help: 'Jobs that failed for good', registers: [metrics] })

/** Committed events that no relay has taken; as of the last time a worker here looked. */
export const openEvents = new Gauge({
  name: 'outbox_open',
  help: 'Events that wait for a relay',
  registers: [metrics],
})

/** Log lines that could not be stored in `system_logs`. */
export const droppedLogLines = new Counter({
  name: 'log_lines_dropped_total',
  help: 'Log lines that could not be stored',
  registers: [metrics],
})
