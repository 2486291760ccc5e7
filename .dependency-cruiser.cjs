// Who may import whom. A domain is a folder of src that is none of the named ones; its front door is the file of its own name.
const domain = '^src/(?!(?:lib|api|flows|generated|demo)/)([^/]+)/'
const door = ['^src/([^/]+)/\\1\\.ts$', '^src/[^/]+/types\\.ts$']
const rule = (name, comment, from, to, more) => ({ name, comment, severity: 'error', from, to, ...more })

module.exports = {
  forbidden: [
    rule('no-file-cycle', 'Files that import each other cannot be read one after the other.', {}, { circular: true }),
    rule(
      'no-domain-cycle',
      'The house has an order; what is below tells what is above by an event.',
      { path: '^src/' },
      { circular: true },
      { scope: 'folder' },
    ),
    rule(
      'lib-knows-no-domain',
      'lib would serve another product as well.',
      { path: '^src/lib/' },
      { path: '^src/(?!lib/|generated/)' },
    ),
    rule(
      'front-door-only',
      'A domain is called by its verbs, in <name>/<name>.ts, and known by its types.',
      { path: domain },
      { path: domain, pathNot: ['^src/$1/', ...door] },
    ),
    rule('flows-use-front-doors', 'As domains do.', { path: '^src/flows/' }, { path: domain, pathNot: door }),
    rule(
      'domain-below-assembly',
      'Domains do not know who puts them together.',
      { path: domain },
      { path: '^src/(api|flows|demo)/' },
    ),
    rule(
      'entry-points-on-top',
      'Nothing imports a process.',
      { path: '^src/.+/' },
      { path: '^src/(main|server|worker)\\.ts$' },
    ),
    rule(
      'prisma-in-queries-only',
      'Statements are in one file per domain; rows elsewhere are types.',
      { path: '^src/', pathNot: '/queries\\.ts$|^src/lib/db\\.ts$|^src/generated/' },
      { path: '^src/generated/prisma/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'no-orphan',
      'Nobody imports it: it is dead, or an entry point that is not named here.',
      {
        orphan: true,
        path: '^src/',
        pathNot: '^src/generated/|\\.d\\.ts$|^src/main\\.ts$',
      },
      {},
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Generated code is not followed: its type imports of rows and context would close rings that do not exist at run time.
    doNotFollow: { path: 'node_modules|^src/generated' },
  },
}
