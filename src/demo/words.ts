/** What the demo world's people are called, and where they live. Addresses end in `.example`, which nobody owns. */

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

/** What fans say that they like. */
export const INTERESTS = list(`
  photography travel ceramics music jazz comics illustration cooking fermentation fitness climbing writing fiction games
  pixel-art science astronomy history podcasts dance knitting woodworking languages poetry gardening tea maps puzzles
`)

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

/** What people write who give something. */
export const TIP_WORDS = [
  'For the last post. Thank you!',
  'Bought too few prints, so here.',
  'This made my week.',
  'Coffee’s on me.',
  'Please never stop explaining how it is done.',
  'For the paper fund.',
  'Happy birthday to the studio!',
] as const

/** Why people say that they leave. */
export const CANCEL_REASONS = [
  'Saving for a move, back in spring.',
  'Too little time to look at everything.',
  'I have all the prints I have walls for.',
] as const
