import { isAdmin } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Mutation: { announce: isAdmin },
}
