import { forAdults, forFollowers, forSubscribers, image, look, sold, soldOrIncluded, text } from './studio.js'
import type { Studio } from './studio.js'

/** Those who work with light: photographs of all kinds. */
export const LIGHT: readonly Studio[] = [
  {
    name: 'closing-time',
    language: 'en',
    bio: 'Film photographs of places that are about to close. One roll a week, every frame shown, the failures too.',
    crafts: ['photography', 'film', 'city'],
    subjects: ['photography', 'travel'],
    look: look('shopfront', '#1b1b3a #f2a65a #eec170 #772f1a #585123 #f58549'),
    details: [
      'the neon in the puddle',
      'frame 14',
      'the man in the doorway',
      'the way the sign leans',
      'the last lit window',
    ],
    posts: [
      image(
        'The Regent, last matinee',
        'Eleven people came. The projectionist let me stand behind him for the last reel, and when the tail ran through he did not stop the machine for a long time.',
        'film cinema analog city',
        { pictures: 2 },
      ),
      image(
        'Roll 31: the shoe repair on Canal Street',
        'Forty years of other people’s soles. He has kept every pair that was never collected, with the ticket still tied on. Shot on expired Portra, one stop over.',
        'film street portrait',
      ),
      text(
        'How I ask',
        'People write to me: how do you get in? I go three times. The first time I buy something and say nothing. The second time I say that I will miss the place. The third time I bring a print from somewhere else that has closed, put it on the counter and ask whether I may come back with the camera.\n\nNobody has ever thrown me out on the third visit. Two have on the second. Take the print anyway: it is the only honest business card that I know of.',
        'process questions',
      ),
      image(
        'Swimming baths, before the drain',
        'They emptied it the next morning. The tiles at the deep end have a darker blue where eighty years of water stood.',
        'film architecture water',
        { pictures: 3, ...forSubscribers('The morning before they pulled the plug: twelve frames from the deep end.') },
      ),
      image(
        'Contact sheet, roll 34',
        'All thirty-six, in order, with the grease pencil. Eleven is out of focus and I would still choose it.',
        'film contact-sheet process',
        sold(4, 'Every frame of the week, the failures too.'),
      ),
      image(
        'Somebody left the lights on',
        'The greengrocer has been closed for a month. The fridge is still humming and nobody knows who pays for it.',
        'film night city',
      ),
    ],
  },
  {
    name: 'grey-noise',
    language: 'en',
    bio: 'Street photographs, black and white, on foot and without a plan. I print on Thursdays.',
    crafts: ['photography', 'street', 'darkroom'],
    subjects: ['photography'],
    look: look('arches', '#e9e9e6 #2b2b2b #6b6b6b #a7a7a4 #c8c8c4 #b3261e'),
    details: ['the shadow under the stairs', 'that one red umbrella', 'the geometry', 'the blackest corner'],
    posts: [
      image(
        'Underpass, 7:40',
        'Same underpass, same minute, nine working days in a row. On the tenth the light came through.',
        'street monochrome',
      ),
      image(
        'A man carrying a door',
        'He did not want to be photographed and then did. We had coffee on the door.',
        'street portrait monochrome',
      ),
      text(
        'Grain is not a filter',
        'I keep being asked which preset this is. It is a 1957 enlarger with a lamp that flickers, paper that is older than I am, and a bathroom without a window.\n\nThe grain is what the silver does when you ask it for more than it has. If you want it, ask your film for too much: shoot Tri-X at 1600, develop it warm, and do not apologise.',
        'darkroom process',
      ),
      image(
        'Thursday prints',
        'Three from the tray, still wet. The middle one goes to whoever guesses the staircase.',
        'darkroom print monochrome',
        { pictures: 3, ...forFollowers('Three wet prints and a small riddle.') },
      ),
      image(
        'Stairs that only go up',
        'The descending half was sold with the building next door in 1981.',
        'architecture monochrome',
      ),
      image('Umbrella, red', 'I shoot black and white so that this can happen once a year.', 'street rain'),
    ],
  },
  {
    name: 'soft-hours',
    language: 'en',
    bio: 'Portraits for adults, shot on a balcony with good light and the door closed. Full sets for subscribers.',
    crafts: ['boudoir', 'photography'],
    subjects: ['photography', 'adult'],
    look: look('ribbons', '#3a0d24 #7b1e3b #c9505c #f0a58f #f8d9c0 #5d1a4a'),
    details: ['the light on the linen', 'the second portrait', 'the unposed one', 'the green chair'],
    posts: [
      image(
        'Balcony, first sun',
        'We waited for the neighbour’s laundry to come in and then had eleven minutes.',
        'portrait light',
        {
          ...forAdults('nudity'),
        },
      ),
      text(
        'Rules of the balcony',
        'Whoever stands in front of the camera owns the off switch. Whoever says stop does not have to say why. Everybody sees every frame, on the day, before anything leaves the room, and what they take out is gone: I have no folder for it.\n\nThat is the whole method. The rest is a white sheet and a west-facing wall.',
        'process consent',
      ),
      image('Linen, in two colours', 'The full set of eighteen.', 'portrait light', {
        ...forSubscribers('Eighteen frames on linen; four of them in colour.'),
        ...forAdults('nudity'),
        pictures: 3,
      }),
      image(
        'The green chair',
        'R. brought the chair up four floors because the sofa was “not a serious sofa”.',
        'portrait set',
        {
          ...sold(9, 'A set of twelve, with the chair.'),
          ...forAdults('nudity'),
          pictures: 2,
        },
      ),
      image(
        'Hands',
        'Nothing but hands. My favourite thing I have made this year, and there is nothing in it to hide.',
        'portrait hands',
      ),
    ],
  },
  {
    name: 'vassen',
    language: 'sv',
    bio: 'Fåglar och våtmarker i gryningen. Jag sitter still så att ni slipper.',
    crafts: ['naturfoto', 'fåglar'],
    subjects: ['photography', 'education'],
    look: look('reeds', '#dfe9e4 #8fb3a9 #4f7f7a #2b4c55 #f3c98b #e58f65'),
    details: ['diset över vassen', 'den tredje tranan', 'spegelbilden', 'ljudet i bilden'],
    posts: [
      image(
        'Tranorna är tillbaka',
        'Fyra minusgrader, 05.12. De kom in över skogen i dimman och lät som en dörr som behöver olja.',
        'fåglar gryning våtmark',
      ),
      image(
        'Rördrom, till sist',
        'Elva morgnar har jag hört den. Idag stod den i öppningen i tre minuter och låtsades vara ett vasstrå.',
        'fåglar våtmark',
        {
          pictures: 2,
        },
      ),
      text(
        'Så bygger du ett gömsle av ingenting',
        'Du behöver en presenning, fyra bambupinnar och en termos. Det svåra är inte att gömma sig utan att inte röra sig: ta med en kudde, kissa innan, och lägg telefonen i ryggsäcken.\n\nSätt upp det kvällen före. Fåglar glömmer en presenning på en natt, men en människa som bygger glömmer de inte på en vecka.',
        'tips fåglar',
        forFollowers('En presenning, fyra pinnar och lite tålamod.'),
      ),
      image('Spegel', 'Ingen vind alls. Jag fick vända på bilden för att se vilket som var upp.', 'gryning vatten'),
      image('Hela morgonen, 40 bilder', 'Från första ljuset till frukost, i ordning och utan urval.', 'fåglar serie', {
        pictures: 3,
        ...forSubscribers('Fyrtio bilder från en enda morgon.'),
      }),
    ],
  },
  {
    name: 'bortle-eight',
    language: 'en',
    bio: 'Backyard astronomy under a city sky. Raw data and the notebooks that turn it into pictures.',
    crafts: ['astronomy', 'photography', 'science'],
    subjects: ['science', 'photography'],
    look: look('stars', '#05060f #16213e #3a506b #e8c7de #f7b267 #7d5ba6'),
    details: ['the dust lane', 'the satellite you left in', 'the noise floor plot', 'the round little stars'],
    posts: [
      image(
        'Andromeda over the car park',
        '214 frames of two minutes, between the trees and the supermarket sign. The sign is the green gradient I did not quite get rid of.',
        'astronomy deep-sky galaxy',
      ),
      text(
        'What light pollution actually does',
        'It does not make the stars dimmer. It makes the sky brighter, which is worse, because brightness brings noise and noise does not subtract.\n\nFrom my roof the sky is magnitude 18 per square arcsecond; in the desert it is nearly 22. That is a factor of forty. So my four hours are their six minutes. I have stopped being sad about this. I live here, and so do the people who come up to the roof to look.',
        'astronomy explained light',
      ),
      image(
        'The Rosette, narrowband',
        'Hydrogen only, because hydrogen does not care about sodium lamps. The full stack and both masters are for subscribers.',
        'nebula astronomy narrowband',
        {
          ...soldOrIncluded(5, 'Nineteen hours of hydrogen; masters and notebook included.'),
          pictures: 2,
        },
      ),
      image(
        'Saturn, wobbling',
        'Bad seeing, best 4 % of 30,000 frames. You can see the gap if you want to.',
        'planets astronomy',
      ),
      image(
        'Everything that went wrong in March',
        'Dew. A moth. Focus. A different moth. The power strip. Clouds. Me.',
        'failures astronomy',
        forFollowers(),
      ),
      image(
        'M13 and a satellite train',
        'I could have rejected the frames. It is what the sky looks like now, so they stay.',
        'cluster astronomy',
      ),
      text(
        'Notebook: calibrating without a dark library',
        'The short version: shoot darks at dusk with the cap on and the mount wrapped in a towel, match temperature to within a degree, and throw away the first five. The notebook has the code, the plots, and the three wrong turns I took before I believed it.',
        'notebook calibration',
        forSubscribers('The notebook, with plots and the three wrong turns.'),
      ),
    ],
  },
  {
    name: 'prussian',
    language: 'en',
    bio: 'Cyanotypes of weeds. Sunlight, iron, water; nothing else in the room.',
    crafts: ['cyanotype', 'botany', 'printmaking'],
    subjects: ['art', 'photography'],
    look: look('stems', '#0a2a5e #e8f1fb #9cc3ee #5b93d6 #cfe3f8'),
    details: ['the root hairs', 'the white edge', 'the fern in the corner', 'that blue'],
    posts: [
      image(
        'Cow parsley, eleven minutes',
        'Exposure goes by the clouds. I read a book on the kerb and move when the blue turns bronze.',
        'cyanotype botanical',
      ),
      image('Dandelion, whole', 'With the root, which was longer than the paper.', 'cyanotype weeds'),
      text(
        'The recipe, since you ask',
        'Part A: 25 g ferric ammonium citrate in 100 ml water. Part B: 10 g potassium ferricyanide in 100 ml water. Equal parts, in the dark or near it. Brush on cotton paper, dry, lay your weed, glass on top, sun. Wash in cold water until it runs clear, and then five minutes more.\n\nIt will be a disappointing green and then you blink and it is the blue.',
        'recipe process cyanotype',
      ),
      image(
        'Herbarium of one pavement',
        'Nineteen species from the forty metres between my door and the tram.',
        'botanical series',
        {
          pictures: 3,
          ...forSubscribers('Nineteen plates from forty metres of pavement.'),
        },
      ),
      image(
        'Toned with tea',
        'It goes from Prussian to almost black, and the paper takes the colour of a map.',
        'cyanotype toning',
      ),
    ],
  },
  {
    name: 'kleinwelt',
    language: 'de',
    bio: 'Makrofotografie zwischen Moos und Raureif. Alles hier ist kleiner als ein Daumennagel.',
    crafts: ['makro', 'fotografie', 'natur'],
    subjects: ['photography', 'science'],
    look: look('glass', '#10261c #2f5d3a #6a994e #a7c957 #f2e8cf #386641'),
    details: ['die Eiskristalle', 'den kleinen Springschwanz', 'das Licht von hinten', 'den Tropfen links'],
    posts: [
      image(
        'Raureif auf Frauenhaarmoos',
        'Minus sieben, windstill. 62 Aufnahmen, je zwei hundertstel Millimeter weiter. Danach brauchten meine Finger länger als der Rechner.',
        'makro moos winter',
      ),
      image(
        'Ein Springschwanz schaut zurück',
        'Ein Millimeter lang, und er hat gewonnen: Ich habe zuerst geblinzelt.',
        'makro tiere',
      ),
      text(
        'Womit ich fotografiere',
        'Ein Mikroskopobjektiv für 40 Euro, ein Balgen vom Flohmarkt und ein Schlitten, den mein Nachbar aus einem alten Drucker gebaut hat. Teure Objektive sind schöner zu halten, aber das Moos merkt es nicht.\n\nWichtiger als alles andere: ein Diffusor aus Backpapier. Ohne ihn sieht jeder Tropfen aus wie eine Glühbirne.',
        'technik makro',
      ),
      image('Schleimpilz, Tag drei', 'Gestern noch Punkte, heute ein Wald. Morgen ist alles weg.', 'makro pilze', {
        pictures: 2,
        ...forFollowers('Drei Tage im Leben eines Schleimpilzes.'),
      }),
      image('Die ganze Tropfenserie', 'Zwölf Tropfen, zwölf Brennweiten, ein einziger Halm.', 'makro wasser', {
        pictures: 3,
        ...sold(6, 'Zwölf Tropfen in voller Auflösung.'),
      }),
    ],
  },
  {
    name: 'three-passes',
    language: 'en',
    bio: 'Walking between mountain huts with one lens. Weather permitting, and usually it does not.',
    crafts: ['mountains', 'photography', 'walking'],
    subjects: ['travel', 'photography'],
    look: look('ridges', '#f6e7d8 #b8c4d6 #7d93b2 #4a6285 #23395b #e4572e'),
    details: ['the layer at the back', 'the tiny figure on the ridge', 'the cloud line', 'your handwriting on the map'],
    posts: [
      image(
        'Above the second pass',
        '5,340 metres and a dog that had followed us for three days. It had no interest in the view.',
        'mountains travel',
      ),
      image('Kitchen, 5 a.m.', 'One stove, nine people, eleven languages of good morning.', 'huts portrait'),
      text(
        'What I carry',
        'Camera, one 40 mm lens, four batteries in my sleeping bag. Two shirts, one of which is always wet. A notebook that has been through a river. 300 g of cheese.\n\nWhat I stopped carrying: the second lens, the tripod, opinions about boots.',
        'gear travel',
      ),
      image(
        'Four days of cloud',
        'I made the same picture every morning and it was a different mountain every time.',
        'mountains weather',
        {
          pictures: 3,
          ...forSubscribers('Four mornings, one window, no mountain.'),
        },
      ),
      image(
        'The map, with all the notes',
        'Hand-drawn, with water, dogs and the good stove. Prints at A3.',
        'map travel',
        sold(7, 'My annotated map of the three passes, A3.'),
      ),
      image(
        'Prayer flags from below',
        'Everybody photographs them from the front. From below they are a sky.',
        'mountains colour',
      ),
    ],
  },
]
