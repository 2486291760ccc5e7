import { testKilledWorkers } from './killed-workers.js'

testKilledWorkers({ kills: 1, people: 5_000, announcements: 3, waitsForReal: false })
