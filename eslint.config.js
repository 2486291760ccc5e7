import graphql from '@graphql-eslint/eslint-plugin'
import tseslint from 'typescript-eslint'

const forbid = (selector, message) => ({ selector, message })
const machineClock = [
  forbid(
    "NewExpression[callee.name='Date'][arguments.length=0]",
    'Time is a parameter; the machine clock is read in lib/clock.ts.',
  ),
  forbid(
    "MemberExpression[object.name='Date'][property.name='now']",
    'Time is a parameter; the machine clock is read in lib/clock.ts.',
  ),
]
const environment = forbid(
  "MemberExpression[object.name='process'][property.name='env']",
  'The environment is read in src/env.ts.',
)
const unsafeSql = forbid(
  'MemberExpression[property.name=/^\\$(query|execute)RawUnsafe$/]',
  'SQL is a tagged template with parameters.',
)
const canParse = forbid(
  "MemberExpression[object.name='URL'][property.name='canParse']",
  'What is an address is said by parsedUrl in lib/urls.ts.',
)
const floats = [
  forbid(
    "MemberExpression[object.name='Math'][property.name='random']",
    'Use node:crypto: what is random here is a secret or an id.',
  ),
  forbid(
    "MemberExpression[object.name='Math'][property.name='round']",
    'Amounts are integers; lib/money.ts says how they are split.',
  ),
]

// Types that several domains write a part of are described once, where they begin.
const writtenInParts =
  ':matches(ObjectTypeDefinition, EnumTypeDefinition)[name.value=/^(Query|Mutation|Subscription|Viewer|User|Profile|Content|Transaction|Earnings|UserErrorCode)$/]'

export default tseslint.config(
  {
    ignores: ['dist/', 'coverage/', '.data/', 'docs/', 'public/', 'src/generated/', 'tests/support/gql/', '**/*.cjs'],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Follows the classes of graphql-js round and round until the stack ends.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Methods of interfaces are asynchronous because one implementation of them is.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': ['error', unsafeSql],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', unsafeSql, canParse, environment, ...machineClock, ...floats] },
  },
  {
    files: ['src/lib/clock.ts'],
    rules: { 'no-restricted-syntax': ['error', unsafeSql, canParse, environment, ...floats] },
  },
  {
    files: ['src/env.ts'],
    rules: { 'no-restricted-syntax': ['error', unsafeSql, canParse, ...machineClock, ...floats] },
  },
  {
    files: ['**/*.{js,mjs}'],
    rules: { 'no-unused-vars': 'error', 'prefer-const': 'error', eqeqeq: ['error', 'always', { null: 'ignore' }] },
  },
  // Benchmarks, and what is run by hand, speak to the terminal.
  { files: ['bench/**/*.ts', 'scripts/**'], rules: { 'no-console': 'off' } },
  {
    files: ['tests/**/*.ts'],
    rules: {
      // A test says what is there; when it is not, the failing line says so better than a guard.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      // A test that is skipped says so, and what to install.
      'no-console': 'off',
      // What comes over the wire is of any type, and asserted by its values.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['graphql/**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'graphql/**/*.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
          ignoredSelectors: [writtenInParts],
        },
      ],
      '@graphql-eslint/naming-convention': [
        'error',
        {
          types: 'PascalCase',
          FieldDefinition: 'camelCase',
          InputValueDefinition: 'camelCase',
          Argument: 'camelCase',
          DirectiveDefinition: 'camelCase',
          EnumValueDefinition: 'UPPER_CASE',
          'FieldDefinition[parent.name.value=Query]': {
            forbiddenPrefixes: ['query', 'get'],
            forbiddenSuffixes: ['Query'],
          },
          'FieldDefinition[parent.name.value=Mutation]': { forbiddenSuffixes: ['Mutation'] },
          'FieldDefinition[parent.name.value=Subscription]': {
            forbiddenPrefixes: ['on'],
            forbiddenSuffixes: ['Subscription'],
          },
        },
      ],
      // verbNoun(input: VerbNounInput!): VerbNounPayload!
      '@graphql-eslint/input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
      'no-restricted-syntax': [
        'error',
        forbid(
          ':matches(ObjectTypeDefinition, ObjectTypeExtension)[name.value=Mutation] > FieldDefinition[arguments.length!=1]',
          'A mutation takes one argument, its input.',
        ),
        forbid(
          ':matches(ObjectTypeDefinition, ObjectTypeExtension)[name.value=Mutation] > FieldDefinition > InputValueDefinition[gqlType.kind!=NonNullType]',
          "A mutation's input is not null.",
        ),
        forbid(
          ':matches(ObjectTypeDefinition, ObjectTypeExtension)[name.value=Mutation] > FieldDefinition[gqlType.gqlType.name.value!=/Payload$/]',
          'A mutation answers its own payload, which is not null.',
        ),
      ],
      '@graphql-eslint/require-deprecation-reason': 'error',
      '@graphql-eslint/no-unreachable-types': 'error',
      '@graphql-eslint/no-duplicate-fields': 'error',
      '@graphql-eslint/relay-page-info': 'error',
      '@graphql-eslint/relay-connection-types': 'error',
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: true }],
    },
  },
)
