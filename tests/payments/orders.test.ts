import { ordersEndAlike } from './orders.js'

ordersEndAlike(12, Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9)))
