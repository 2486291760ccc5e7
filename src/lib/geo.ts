import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Reader } from 'mmdb-lib'
import { log } from './log.js'

interface Place {
  readonly country_code: string
}
interface CountryTable {
  get(address: string): Place | null
}

const TABLE = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'
let table: Promise<CountryTable | null> | null = null

/** The ISO 3166-1 code of the country that an address is registered in; null where that is unknown. Never throws. */
export async function countryOf(address: string): Promise<string | null> {
  const reader = await (table ??= openTable())
  const code = reader?.get(address.replace(/^::ffff:(?=\d+\.)/i, ''))?.country_code ?? ''
  return /^[A-Z]{2}$/.test(code) ? code : null
}

async function openTable(): Promise<CountryTable | null> {
  try {
    // mmdb-lib knows the types of MaxMind's records only
    return new Reader(await readFile(createRequire(import.meta.url).resolve(TABLE))) as unknown as CountryTable
  } catch (error) {
    // a country is a courtesy to whoever reads the list of their devices: nothing fails for want of it
    log.warn({ err: error }, 'geo: the table of countries cannot be read')
    return null
  }
}
