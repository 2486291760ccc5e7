import { ordersEndAlike } from './orders.js'

ordersEndAlike(null, 1)
