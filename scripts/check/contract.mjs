// Clients must not break: compares the schema with the last committed one. What goes away must have been deprecated first.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../setup.mjs'
import { breakingChanges } from './breaking-changes.mjs'
import { git } from './git.mjs'

const committed = git('show', 'HEAD:docs/schema.graphql')
if (committed !== undefined) {
  const changes = breakingChanges(committed, readFileSync(join(ROOT, 'docs/schema.graphql'), 'utf8'))
  for (const change of changes) console.error(`${change} Deprecate it first, with a reason and a date.`)
  process.exitCode = changes.length === 0 ? 0 : 1
}
