/** What the demo world's people are called, where they live and what they make. Addresses end in `.example`, which nobody owns. */

/** The words of a text. */
const list = (text: string): readonly string[] => text.trim().split(/\s+/)

export const GIVEN_NAMES = list(`
  Aaliyah Adèle Aiko Alejandro Amara Ananya Andrzej Anouk Arjun Astrid Ayşe Beatriz Björn Camille Chidi Chloé Ciara
  Dafydd Dalia Daniel Dara Diego Dmitri Eilidh Elena Elif Emeka Emre Esther Farah Femi Finn Florence Freya Gabriel
  Giulia Grace Gustav Hana Hassan Hiro Ida Ingrid Isabel Ivan Jakub Jamal Jana Joaquín Johanna José Kaito Kamala
  Katya Kofi Laila Lars Leila Léo Linnea Lior Lucía Luka Maeve Magda Malik Marek Mariana Mateo Mei Mikkel Mina Nadia
  Naoko Nils Noor Océane Olga Omar Paolo Petra Priya Quentin Rafael Rania Renata Rohan Rosa Saoirse Sara Selin Simone
  Sofia Søren Tadeusz Tamar Tariq Thandi Theo Tomás Uma Valentina Viktor Wanjiru Wei Yara Yusuf Zahra Zoë Zuzana
`)

export const FAMILY_NAMES = list(`
  Abebe Adeyemi Almeida Andersson Aoki Bakker Barros Becker Bianchi Blanchard Borg Brennan Çelik Chanda Cohen Conti
  Cruz Dahl Demir Diallo Dubois Eriksen Fernández Ferrari Fischer Fontaine Fujita García Gupta Haddad Hansen
  Hernández Hoffmann Horváth Ibrahim Ito Ivanova Jansen Jovanović Kamau Kaur Keller Khan Kim Kovács Kowalska Kruger
  Larsen Laurent Lehtonen Leroy Lindholm López Maier Martins Mbeki McKenna Mendes Meyer Mishra Moreau Mori Murphy
  Nakamura Ndiaye Nguyễn Nowak O’Brien Okonkwo Olsen Orsini Ortiz Osei Papadopoulos Park Pereira Petrov Popescu Quinn
  Ramírez Rao Reyes Ricci Rossi Roux Saito Santos Sato Schneider Shapiro Silva Singh Sørensen Sousa Suzuki Svoboda
  Takahashi Tan Thomsen Torres Vargas Vasquez Virtanen Vogel Walsh Weber Yamamoto Yılmaz Zając Zhang
`)

export interface Place {
  readonly countryCode: string
  readonly region: string
  readonly city: string
  readonly timeZone: string
  readonly currency: string
  readonly locale: string
  /** E.164, up to where the subscriber's number begins. */
  readonly phonePrefix: string
}

const place = (
  countryCode: string,
  region: string,
  city: string,
  timeZone: string,
  currency: string,
  locale: string,
  phonePrefix: string,
): Place => ({ countryCode, region, city, timeZone, currency, locale, phonePrefix })

export const PLACES = [
  place('DE', 'Berlin', 'Berlin', 'Europe/Berlin', 'EUR', 'de', '+4930'),
  place('DE', 'Sachsen', 'Leipzig', 'Europe/Berlin', 'EUR', 'de', '+49341'),
  place('FR', 'Auvergne-Rhône-Alpes', 'Lyon', 'Europe/Paris', 'EUR', 'fr', '+334'),
  place('ES', 'Andalucía', 'Granada', 'Europe/Madrid', 'EUR', 'es', '+34958'),
  place('IT', 'Emilia-Romagna', 'Bologna', 'Europe/Rome', 'EUR', 'it', '+39051'),
  place('NL', 'Utrecht', 'Utrecht', 'Europe/Amsterdam', 'EUR', 'nl', '+3130'),
  place('PT', 'Porto', 'Porto', 'Europe/Lisbon', 'EUR', 'pt', '+35122'),
  place('IE', 'Connacht', 'Galway', 'Europe/Dublin', 'EUR', 'en', '+35391'),
  place('GB', 'Scotland', 'Glasgow', 'Europe/London', 'GBP', 'en', '+44141'),
  place('GB', 'England', 'Bristol', 'Europe/London', 'GBP', 'en', '+44117'),
  place('PL', 'Małopolskie', 'Kraków', 'Europe/Warsaw', 'EUR', 'pl', '+4812'),
  place('SE', 'Västra Götaland', 'Göteborg', 'Europe/Stockholm', 'SEK', 'sv', '+4631'),
  place('US', 'Oregon', 'Portland', 'America/Los_Angeles', 'USD', 'en', '+1503555'),
  place('US', 'New York', 'New York', 'America/New_York', 'USD', 'en', '+1212555'),
  place('US', 'Louisiana', 'New Orleans', 'America/Chicago', 'USD', 'en', '+1504555'),
  place('CA', 'Québec', 'Montréal', 'America/Toronto', 'CAD', 'fr', '+1514555'),
  place('MX', 'Jalisco', 'Guadalajara', 'America/Mexico_City', 'USD', 'es', '+5233'),
  place('BR', 'São Paulo', 'São Paulo', 'America/Sao_Paulo', 'USD', 'pt', '+5511'),
  place('JP', 'Kyoto', 'Kyoto', 'Asia/Tokyo', 'JPY', 'ja', '+8175'),
  place('NP', 'Bagmati', 'Kathmandu', 'Asia/Kathmandu', 'USD', 'en', '+9771'),
  place('AU', 'Victoria', 'Melbourne', 'Australia/Melbourne', 'AUD', 'en', '+613'),
  place('NZ', 'Otago', 'Dunedin', 'Pacific/Auckland', 'AUD', 'en', '+643'),
  place('KE', 'Nairobi', 'Nairobi', 'Africa/Nairobi', 'USD', 'en', '+25420'),
] as const

/** What somebody makes: `lines` are put together with a place to a few words about oneself. */
export interface Craft {
  readonly categories: readonly string[]
  readonly lines: readonly [string, ...string[]]
}

export const CRAFTS: readonly [Craft, ...Craft[]] = [
  {
    categories: ['photography', 'travel'],
    lines: [
      'Film photographs of places that are about to close.',
      'One roll a week, every frame shown, the failures too.',
    ],
  },
  {
    categories: ['ceramics', 'craft'],
    lines: ['Wheel-thrown stoneware and everything that cracked on the way.', 'Glaze recipes are for subscribers.'],
  },
  {
    categories: ['music', 'electronic'],
    lines: ['Ambient music from field recordings.', 'A new piece every other Sunday, stems included.'],
  },
  {
    categories: ['music', 'jazz'],
    lines: ['Upright bass, small rooms, long tunes.', 'Transcriptions and practice diaries.'],
  },
  {
    categories: ['comics', 'illustration'],
    lines: [
      'A comic about a lighthouse keeper who hates the sea.',
      'Pages on Mondays, pencils and scripts for subscribers.',
    ],
  },
  {
    categories: ['cooking', 'fermentation'],
    lines: ['Fermenting what the market throws away.', 'Recipes in grams, mistakes in full.'],
  },
  {
    categories: ['fitness', 'climbing'],
    lines: ['Training plans for people who climb after work.', 'Form checks by video twice a week.'],
  },
  {
    categories: ['writing', 'fiction'],
    lines: ['Serial fiction, one chapter a week, no cliffhangers on Fridays.', 'Drafts and edits side by side.'],
  },
  {
    categories: ['games', 'pixel-art'],
    lines: ['Making a tiny farming game alone and in public.', 'Builds every Friday, source for supporters.'],
  },
  {
    categories: ['science', 'astronomy'],
    lines: ['Backyard astronomy under a city sky.', 'Raw data and the notebooks that turn it into pictures.'],
  },
  {
    categories: ['history', 'podcast'],
    lines: ['A podcast about bridges and those who paid for them.', 'Sources, maps and the parts that were cut.'],
  },
  {
    categories: ['dance', 'live'],
    lines: ['Contemporary dance, rehearsals streamed live.', 'Ask anything; I answer between takes.'],
  },
  {
    categories: ['knitting', 'craft'],
    lines: ['Cable patterns from old fishing towns, charted again.', 'Knit-alongs start on the first of the month.'],
  },
  {
    categories: ['woodworking', 'education'],
    lines: ['Hand tools only. Chairs, mostly.', 'Measured drawings for everything I build.'],
  },
  {
    categories: ['languages', 'education'],
    lines: ['Twenty minutes of slow conversation a day.', 'Transcripts with notes, in three levels.'],
  },
  {
    categories: ['boudoir', 'photography'],
    lines: ['Portraits for adults, shot on a balcony with good light.', 'Full sets for subscribers.'],
  },
]

export const FAN_LINES = [
  'Here for the music, staying for the process.',
  'Reads everything, comments rarely.',
  'I collect prints and regret nothing.',
  'Tea, trains, tutorials.',
  'Supporting small makers since the first crowdfunding wave.',
  'Night shift nurse. I watch replays at breakfast.',
  'Learning to draw at forty-six.',
  'Two cats, one loom, no time.',
  'Says hello in every stream.',
  'Mostly lurking.',
] as const

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'ja', 'sv', 'tr'] as const
export const PRONOUNS = ['she/her', 'he/him', 'they/them'] as const
export const NETWORKS = ['instagram', 'mastodon', 'youtube', 'bandcamp', 'twitch', 'bluesky'] as const
export const HAIR = ['black', 'brown', 'red', 'fair', 'grey', 'dyed green'] as const

export interface DemoDevice {
  readonly label: string
  readonly userAgent: string
  readonly browser: string
  readonly os: string
  readonly deviceType: 'DESKTOP' | 'MOBILE' | 'TABLET'
}

export const DEVICES = [
  {
    label: 'Firefox on Linux',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    browser: 'Firefox',
    os: 'Linux',
    deviceType: 'DESKTOP',
  },
  {
    label: 'Chrome on Windows',
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
    browser: 'Chrome',
    os: 'Windows',
    deviceType: 'DESKTOP',
  },
  {
    label: 'Mobile Safari on iOS',
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    browser: 'Mobile Safari',
    os: 'iOS',
    deviceType: 'MOBILE',
  },
  {
    label: 'Chrome on Android',
    userAgent:
      'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36',
    browser: 'Chrome',
    os: 'Android',
    deviceType: 'MOBILE',
  },
] as const satisfies readonly DemoDevice[]

export const SUSPENSION_REASONS = [
  'Spam in comments after two warnings.',
  'Harassing a creator in live chat.',
  'Posting other people’s work as your own.',
] as const
export const BAN_REASONS = ['Selling stolen accounts.', 'Repeated harassment after three suspensions.'] as const
export const REJECTION_REASONS = [
  'The document could not be read: please send a sharper picture.',
  'The document has expired.',
  'The name on the document is another one.',
] as const
