import { testKilledWorkers } from './killed-workers.js'

testKilledWorkers({ kills: 10, people: 40_000, announcements: 10, waitsForReal: true })
