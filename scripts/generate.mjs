// npm run generate: the database client, the resolvers' types, the tests' typed documents, and the printed schema.
import { setup } from './setup.mjs'

await setup({ tests: true })
