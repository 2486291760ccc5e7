import { forFollowers, forSubscribers, image, look, sold, soldOrIncluded, text } from './studio.js'
import type { Studio } from './studio.js'

/** Those who are read: stories, comics, letters, puzzles. */
export const PAGES: readonly Studio[] = [
  {
    name: 'no-cliffhangers',
    language: 'en',
    bio: 'Serial fiction, one chapter a week, no cliffhangers on Fridays. Drafts and edits side by side.',
    crafts: ['writing', 'fiction'],
    subjects: ['writing'],
    look: look('pages', '#fdf6ec #264653 #2a9d8f #e9c46a #f4a261 #e76f51'),
    details: ['the sister’s silence', 'the opening line', 'the bit with the keys', 'the missing apology'],
    posts: [
      text(
        'The Lock-keeper’s Year — chapter 1',
        'The lock had been closed since October, and nobody had told the boats.\n\nThey came anyway, one or two a day, low in the water and lit from inside, and Wren went out with the lamp to say that there was no way through. She said it kindly. Most of them had come a long way. Most of them, when she said it, looked past her at the second gate as if it were a matter of asking somebody else.\n\n“When does it open?” they said, and she said, “It opens when it is mended,” and they said, “And who mends it?”, and that was the question that she took back inside with her, and put on the stove.',
        'fiction serial chapter',
      ),
      text(
        'The Lock-keeper’s Year — chapter 2',
        'Her brother sent the keys by post, in a sock.\n\nThere were nine of them, and the letter said which was which, and the letter was wrong. She tried them in order: the boathouse, the sluice, the small door that had been painted shut. The ninth fitted nothing. She hung it on the nail by the window, where it turned a little, whichever way the wind was.',
        'fiction serial chapter',
      ),
      text(
        'Chapter 3, and the three chapters it used to be',
        'Left column: what I wrote in March. Right column: what is there now. I cut the funeral. I cut the dog, with regret. I kept the sentence about the kettle and moved it to where somebody can hear it.',
        'drafts process fiction',
        forSubscribers('Chapter 3 with all its scars.'),
      ),
      image('The map I write by', 'I cannot draw, which is good: I only write what I can draw.', 'map process'),
      text(
        'The Lock-keeper’s Year — chapter 4',
        'On the fourth night a boat came that did not ask.',
        'fiction serial chapter',
        forFollowers('On the fourth night a boat came that did not ask.'),
      ),
      text(
        'The first ten chapters, as a book',
        'EPUB and PDF, 140 pages, set in a typeface that a reader made. No covers were harmed.',
        'book fiction',
        soldOrIncluded(7, 'Ten chapters, 140 pages.'),
      ),
    ],
  },
  {
    name: 'wick',
    language: 'en',
    bio: 'A comic about a lighthouse keeper who hates the sea. Pages on Mondays, pencils and scripts for subscribers.',
    crafts: ['comics', 'illustration'],
    subjects: ['art', 'writing'],
    look: look('lighthouse', '#fefae0 #003049 #1d5c7f #669bbc #f77f00 #d62828'),
    details: ['the gull in panel 3', 'the way the sea looks bored', 'his hat', 'the lettering'],
    posts: [
      image('Wick, page 1', 'He has been here nineteen years. He has not looked out of the window once.', 'comic page'),
      image('Wick, page 2', 'Enter: a gull.', 'comic page'),
      image('Wick, pages 3 and 4', 'The spread. I drew 640 waves and he does not see one of them.', 'comic page', {
        pictures: 2,
      }),
      image(
        'Pencils, 1 to 4',
        'With the panel I had to throw away because the gull was too good.',
        'pencils process comic',
        {
          pictures: 3,
          ...forSubscribers('Pencils, with the gull that was too good.'),
        },
      ),
      text(
        'Why he hates the sea',
        'People ask me whether we shall find out. Yes. It will take about forty pages and it is not what you think, because what you think is what he tells people.',
        'comic questions',
      ),
      image('Wick, page 5', 'A letter comes. It is wet, of course.', 'comic page', forFollowers('A letter comes.')),
      image(
        'Chapter one, to print and fold',
        'Eight pages on one sheet, both sides, with a cut. Staple if you are the stapling kind.',
        'zine comic',
        sold(3, 'Chapter one as a one-sheet zine.'),
      ),
    ],
  },
  {
    name: 'tickets-de-caisse',
    language: 'fr',
    bio: 'J’écris des poèmes au dos des tickets de caisse. Ils pâlissent, c’est le principe.',
    crafts: ['poésie', 'écriture'],
    subjects: ['writing', 'art'],
    look: look('receipts', '#ffe5ec #fb6f92 #ff8fab #33272a #c3aed6 #594a4e'),
    details: ['le dernier vers', 'le prix qu’on voit encore', 'la tache de café', '« trois citrons »'],
    posts: [
      image(
        'Ticket n° 212 — trois citrons',
        'trois citrons pour une personne / la caissière ne demande rien / elle rend la monnaie / dans la main qui tremble le moins',
        'poésie ticket',
      ),
      text(
        'Pourquoi des tickets',
        'Parce que le papier thermique s’efface : au bout de deux ans il ne reste que le prix. J’aime l’idée qu’un poème ait la durée d’une garantie.\n\nEt parce qu’un ticket a toujours quelque chose à dire avant moi. Il dit l’heure. Il dit ce qu’on a voulu.',
        'poésie essai',
      ),
      image('Ticket n° 219 — pharmacie', 'on ne s’excuse pas / d’acheter du sommeil / au détail', 'poésie ticket'),
      image(
        'Les tickets qui ont pâli',
        'Douze tickets photographiés le premier jour et deux ans après.',
        'poésie série',
        {
          pictures: 3,
          ...forSubscribers('Douze poèmes, deux fois.'),
        },
      ),
      text(
        'Le carnet, en PDF',
        'Quarante poèmes, avec les prix.',
        'poésie recueil',
        sold(5, 'Quarante poèmes, avec les prix.'),
      ),
    ],
  },
  {
    name: 'unreliable-maps',
    language: 'en',
    bio: 'Maps and places for the games you play at kitchen tables. Everything is wrong on purpose.',
    crafts: ['maps', 'games', 'illustration'],
    subjects: ['games', 'art'],
    look: look('contours', '#f3e9d2 #88b04b #5b7b4b #c6a15b #88292f #33312e'),
    details: ['the town that is not there', 'the scale bar', 'the handwriting', 'the tiny serpent'],
    posts: [
      image(
        'The Drowned Hundred',
        'A hex map of forty villages, of which thirty-one are under water at any time. Not always the same thirty-one.',
        'map ttrpg',
      ),
      image('An inn with no stairs', 'Three floors. Your players will ask. Do not answer.', 'map ttrpg inn'),
      text(
        'A table of a dozen lies that locals tell',
        '1. There has never been a well. 2. The miller is two people. 3. That is not a bell. 4. Nobody is buried on the hill. 5. The road goes to the coast. 6. We do not have a word for that. 7. She left in spring. 8. It was always this colour. 9. Dogs like it. 10. The last party paid. 11. You are expected. 12. You are not.',
        'ttrpg table',
      ),
      image('Battle map: the salt works', 'Gridded, gridless and at night. 40 by 30 squares.', 'map ttrpg', {
        pictures: 2,
        ...soldOrIncluded(4, 'Three versions, 40 by 30.'),
      }),
      text(
        'The adventure that goes with it',
        'One evening, four to six players, no fights that cannot be talked out of. Contains a brine ghost.',
        'adventure ttrpg',
        forSubscribers('One evening with a brine ghost.'),
      ),
      image('How I ink hills', 'From the top, with the paper upside down.', 'process ink', forFollowers()),
    ],
  },
  {
    name: 'nachtzug',
    language: 'de',
    bio: 'Briefe aus Nachtzügen. Geschrieben zwischen elf und sechs, abgeschickt, wo es hält.',
    crafts: ['reisen', 'schreiben', 'bahn'],
    subjects: ['travel', 'writing'],
    look: look('ridges', '#0f1020 #2b2d5b #4a4e86 #7f86b5 #f3b562 #f06060'),
    details: [
      'den Schaffner mit der Thermoskanne',
      'die Grenze ohne Namen',
      'den letzten Satz',
      'die Sache mit der Mandarine',
    ],
    posts: [
      text(
        'Brief 1: Wien – Venedig',
        'Liebe alle,\n\nim Abteil eine Frau, die eine einzige Mandarine schält, so langsam, dass ich in Villach noch dabei zusah. Sie teilte sie in genau so viele Stücke, wie wir Leute waren. Niemand hat etwas gesagt. Es war die beste Mandarine des Jahres.\n\nDer Zug steht seit zwanzig Minuten. Draußen ist ein Licht, und jemand geht damit auf und ab.',
        'nachtzug brief',
      ),
      image('Gang, 3:14', 'Alle schlafen, nur die Heizung nicht.', 'nachtzug bahn'),
      text(
        'Brief 2: Stockholm – Narvik',
        'Liebe alle,\n\nes wird hier nicht dunkel, also schreibe ich ohne Lampe. Der Schaffner hat eine Thermoskanne für Leute, die nicht schlafen, und fragt nie, warum.',
        'nachtzug brief',
        forFollowers('Es wird hier nicht dunkel, also schreibe ich ohne Lampe.'),
      ),
      text(
        'Fahrplan für zwölf Nächte',
        'Meine Route durch elf Länder, mit Anschlüssen, Bettenseite (immer in Fahrtrichtung links bis Innsbruck) und wo man nachts um vier Suppe bekommt.',
        'fahrplan tipps',
        forSubscribers('Zwölf Nächte, elf Länder, eine Suppe.'),
      ),
      image('Alle Stempel', 'Dreißig Grenzen, die es fast nicht mehr gibt.', 'reisen sammlung', { pictures: 2 }),
    ],
  },
  {
    name: 'down-and-across',
    language: 'en',
    bio: 'Crosswords with feelings. One small, one large, every week; complaints welcome under the grid.',
    crafts: ['puzzles', 'words'],
    subjects: ['games', 'writing'],
    look: look('crossword', '#fffdf5 #111111 #f6c90e #eeeeee #3a4750 #d72323'),
    details: ['17 across', 'the centre entry', 'the pun at the bottom', 'the symmetry'],
    posts: [
      image(
        'Small No. 88: Breakfast',
        'Seven by seven. If you are faster than your toast, tell us.',
        'crossword small',
      ),
      text(
        'How a clue is fair',
        'It says exactly what it means, in the one reading that you have not tried. It never uses a word that is only there to make the sentence pretty. And when you see it, you should be annoyed with yourself and not with me.',
        'crossword explained',
      ),
      image(
        'Large No. 88: Things my father repaired',
        'Fifteen by fifteen. The long entries read as a list; the list is true.',
        'crossword large',
        forSubscribers('Fifteen by fifteen, with feelings.'),
      ),
      image(
        'Small No. 89: Weather',
        'One entry changes if you solve it in the rain.',
        'crossword small',
        forFollowers(),
      ),
      text(
        'A year of grids',
        '104 puzzles with solutions and the eleven apologies.',
        'crossword book',
        sold(10, '104 puzzles and eleven apologies.'),
      ),
    ],
  },
  {
    name: 'sumi',
    language: 'ja',
    bio: '墨と紙。毎朝一枚、考える前に描く。',
    crafts: ['水墨画', '俳句'],
    subjects: ['art', 'writing'],
    look: look('ink', '#f7f4ec #1f1f1f #4b4b4b #8a8a86 #c4bfb2 #b3001b'),
    details: ['余白', 'にじみ', '三筆目の線', '落款の位置'],
    posts: [
      image('霜の朝', '筆が凍る前に三分。竹だけ描けた。', '水墨 冬 竹'),
      image('鴉', '一筆で羽、もう一筆で不機嫌。', '水墨 鳥'),
      text(
        'にじみについて',
        'にじみは失敗ではなく、紙の返事だと祖母は言った。返事が来る前に次の線を引くと、会話にならない。\n\n毎朝一枚だけ。乾くまで待つ時間のほうが、描く時間より長い。',
        '水墨 随筆',
      ),
      image('句帳より、冬の十句', '十句と十枚。声に出して読むための順番で。', '俳句 冬', {
        pictures: 3,
        ...forSubscribers('十句と十枚。'),
      }),
      image('港', '船は描かず、待っている人だけ。', '水墨 海', forFollowers()),
    ],
  },
  {
    name: 'false-friends',
    language: 'en',
    bio: 'Diary of a literary translator. Mostly about one sentence at a time.',
    crafts: ['translation', 'books', 'languages'],
    subjects: ['writing', 'education'],
    look: look('pages', '#e8eef7 #1d3461 #376996 #6290c8 #829cbc #f9a03f'),
    details: ['the fourth version', 'the footnote', 'the word you left out', 'the semicolon'],
    posts: [
      text(
        'A sentence that took nine days',
        'The original has a verb that means: to hesitate at the door because one has heard one’s own name. We have nothing like it. Day one: “lingered”. Day three: “stopped, listening”. Day six I wrote to the author, who said: oh, that? I made it up.\n\nDay nine: “She stood in the doorway of her own name.” It is not what it says. It is what it does.',
        'translation diary',
      ),
      text(
        'Untranslatable is a lazy word',
        'Everything can be translated; it is only that something has to be paid. The question is always who pays: the reader, the rhythm or the joke. I try to make it the rhythm, because it heals.',
        'essay translation',
      ),
      text(
        'The annotated page 41',
        'One page, sixty-two notes, four screams.',
        'annotated translation',
        soldOrIncluded(4, 'One page, sixty-two notes.'),
      ),
      image('Desk, with dictionaries', 'The one on the left is wrong about everything and I adore it.', 'books desk'),
    ],
  },
  {
    name: 'portici',
    language: 'it',
    bio: 'Disegno la città seduta per terra. Acquerello, penna e un cappello per la pioggia.',
    crafts: ['disegno', 'acquerello', 'città'],
    subjects: ['art', 'travel'],
    look: look('arches', '#fbe8d3 #c8553d #f28f3b #588b8b #ffd5c2 #2d3047'),
    details: ['la luce sotto il terzo arco', 'il signore col giornale', 'quel rosso', 'le persiane chiuse'],
    posts: [
      image(
        'Trentotto archi prima di pranzo',
        'Li ho contati perché la modella era in ritardo: la modella era una bicicletta.',
        'acquerello portici',
      ),
      image('Mercato, tre quarti d’ora', 'La signora delle mele mi ha corretto le mele.', 'sketch mercato', {
        pictures: 2,
      }),
      text(
        'Disegnare quando ti guardano',
        'La prima cosa che dicono è “che brava”. La seconda è “ma io non so disegnare”. La terza, se resti seduta abbastanza, è una storia.\n\nIo disegno per la terza.',
        'disegno racconto',
      ),
      image(
        'Un taccuino intero, pagina per pagina',
        'Quarantadue pagine, anche quella con la pioggia.',
        'taccuino acquerello',
        {
          pictures: 3,
          ...forSubscribers('Quarantadue pagine, anche quella con la pioggia.'),
        },
      ),
      image('I miei sei colori', 'E il settimo, che è il caffè.', 'acquerello materiali', forFollowers()),
    ],
  },
]
