import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How PostgreSQL's programs are run: it refuses to run as root. */
export interface Account {
  /** Put before the program and its arguments. */
  readonly prefix: readonly string[]
  /** The user that the operating system is asked to run it as; absent: the one we are. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

const OURSELVES: Account = { prefix: [] }

/**
 * A user that is not root, named inside a user namespace only: outside it is still us, who may enter a home of mode 700.
 * Its privileges are dropped, so PostgreSQL accepts it.
 */
const NAMESPACE: Account = { prefix: ['unshare', '--user', '--map-user=1000', '--map-group=1000'] }

/** Who may stand in where namespaces are forbidden, in order. */
const STAND_INS = ['postgres', 'nobody']

/**
 * Finds the account to run PostgreSQL as.
 * @param cluster data that exist already and whose owner therefore is the one.
 * @throws Error as root, where neither a namespace nor another user will do.
 */
export async function chooseAccount(cluster?: string): Promise<Account> {
  if (process.getuid?.() !== 0) return OURSELVES
  const owner = cluster === undefined ? undefined : statSync(cluster)
  if (owner && owner.uid !== 0) return { prefix: [], user: { uid: owner.uid, gid: owner.gid } }
  if (await works(NAMESPACE)) return NAMESPACE
  for (const name of STAND_INS) {
    const user = findUser(name)
    const account = user && { prefix: [], user }
    if (account && (await works(account))) return account
  }
  throw new Error(
    'PostgreSQL does not run as root, and here neither a user namespace (unshare --user) nor the user postgres or nobody ' +
      'can be used instead. Run as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
  )
}

async function works(account: Account): Promise<boolean> {
  try {
    const [program, ...args] = [...account.prefix, 'id', '-u']
    const { stdout } = await run(program, args, { ...account.user, cwd: '/' })
    return stdout.trim() !== '0'
  } catch {
    return false
  }
}

function findUser(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid !== undefined && gid !== undefined ? { uid: Number(uid), gid: Number(gid) } : undefined
}

/** Whether the account can get to a path: every folder above it lets strangers through, where it is a stranger. */
export function canReach(account: Account, path: string): boolean {
  if (!account.user) return true
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & constants.S_IXOTH) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** Whether we ourselves may write into a folder. */
export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
