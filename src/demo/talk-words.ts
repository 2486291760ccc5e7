/**
 * What people say under posts, and what comes back. A line is one comment; `>` answers the line above it, `>>` the answer;
 * `C:` is the post's creator; `{detail}` is something that people point at in what this creator makes. An empty line
 * separates one conversation from the next.
 */

/** Under anything that is written in English. */
export const GENERAL = `
I love {detail}.
> C: Thank you! It nearly did not make it.
>> I am glad that it did.

{detail}. That is all, that is the comment.

Came for the pictures, stayed for {detail}.

I showed this to my mother and she has been asking about {detail} ever since.
> C: Tell her that I read this out loud in the studio.

How long did this take you, honestly?
> C: Honestly? Two evenings, and three months of not starting.
>> The three months are the part I can do.
> Asking for everybody: thank you.

This is the second time this week that you made me late for work.
> Same. I told them the train.

I keep scrolling back to {detail}.

Did you plan {detail}, or did it happen?
> C: It happened, and then I pretended.
>> Best answer.

Nobody does this like you do.

My favourite so far.
> More than the one from last month?
>> More than that one, yes. Fight me.
>>> I will not, you are right.

I did not understand this at first and now I cannot stop thinking about it.

Please do a longer one about {detail}.
> C: It is half written. Give me until the end of the month.
> Seconded.
> Thirded, and I will bring biscuits.

I tried it. It went wrong in exactly the way you said it would.
> C: Then you did it right. Try once more before you change anything.
>> Second try: better. Still wrong. Happier.

Long-time reader, first comment: thank you.
> C: This made my day. Hello!

Is it all right to share this with my class?
> C: Please do, with my name on it.

Where do you find the time?
> C: Between eleven and one, at the cost of my sleep.

The thing about {detail}: you only see it the third time.

I was having a horrible day and then there was {detail}.
> Hope today is better.
>> It is, a bit.

Every time I think you cannot top the last one.

Does it always turn out like this?
> C: One time in five. You do not see the four.
>> I would look at the four.
>>> Please show them. All four.

Subscribed because of {detail}.
> C: Welcome!

Small question: what do you use for this?
> C: The cheap one. I bought the expensive one too and it sits in a drawer.

You have ruined me for everybody else who does this.

Somebody should pay you to do nothing but this.
> C: Some of you do. That is why there is a Tuesday one now.

I printed this and put it on the fridge.
> Which fridge? Mine has run out of space.

I disagree completely and I enjoyed every word.
> C: I would love to hear why.
>> Writing it up. It may take a while.

Quietly the best thing on here.

Can confirm that it works on a small budget too.
> What did you use instead?
>> Cardboard and stubbornness.

There is something about {detail} that I cannot put into words.

I would buy this twice.

Oh, this one hurts a little. In a good way.
> It does, does it not.

My whole family is now invested in {detail}.

Sent this to three people already.

How do you know when it is finished?
> C: When I start making it worse.
>> Writing that on the wall.

First!
> On a post from Tuesday?
>> I have been away.

This reminds me of my grandfather’s workshop, down to {detail}.
> C: What did he make?
>> Clocks that ran slow. He said they were being polite.
>>> I would like one of those clocks.

The honesty about what went wrong is why I am here.

You answer everybody. How?
> C: Slowly.

I had to look twice at {detail}.
> Three times here.

Is there more of this somewhere?
> C: There is, a bit further down on my page; look for the blue one.

I am stealing this idea, with love.
> C: With love is the only way.

Good morning to everybody who is looking at {detail} instead of getting up.
> Good morning.
> It is evening here, but thank you.

I have been following since the very first one and this is a different league.

What music do you work to?
> C: The radio, badly tuned.

Would you ever do this live?
> C: I am terrified of it, so probably soon.
> Please do.

Mine never comes out like this.
> C: Mine did not either for six years.

That last line.
> Yes. That.
`

export const ABOUT_PICTURES = `
The colours in this. I am not all right.
> None of us are.

Zoom in on {detail}. I will wait.
> Oh.
> OH.

Which one would you hang on a wall, the first or the second?
> C: The one you did not name.
> The first, no question.

I can hear this picture.

Is this available as a print?
> C: From Friday. Followers get a day’s head start.

I thought this was a different medium entirely.

The composition! My eye goes to {detail}, then out, then back.
> C: That is exactly the walk I wanted.

Desktop wallpaper for the rest of the year, if I may.
> C: You may.

More of the process ones, please.

The light here is doing half the work and I mean that as a compliment.
> C: The light is doing all of it. I only turned up.

I have stared at this for so long that my coffee is cold.

That little bit of red.
> I did not see it until you said so.
`

export const ABOUT_TEXTS = `
I read this on the bus and missed my stop.
> Worth it.

The last sentence. I am going to be thinking about it all week.

The second paragraph should be framed.

I have never seen this explained so plainly.
> C: I had it explained to me badly for years. It helps.

Small correction, with love: the date.
> C: You are right, mended. Thank you!

Bookmarked for the next person who asks me this.

I laughed out loud at the list and then I felt seen.
> Number four.
>> Number four!

More of these, please, I do not mind how long.

I have taught this for twenty years and you said it better.
> C: That is the kindest thing anybody has written under a post of mine.
`

export const ABOUT_SOUND = `
With headphones, in the dark: yes.

What happens at the very end? I rewound it four times.
> C: Somebody closed a door. I left it.
>> I knew it was a door.

I fell asleep to this, which is meant as praise.
> C: It is taken as such.

My dog sat up at {detail}.

That low note made the window hum.

I played this to my students and nobody said a word for a minute.
> The best review.

Is there a longer version?
> C: There is an hour of it. I shall see what can be done.
> Please see what can be done.

One take?
> C: The second of two.

The noise in the room is what makes it.
`

export const ABOUT_FOOD = `
Made this tonight. There are no leftovers.
> C: And the pan?
>> Soaking. We do not talk about the pan.

Can I leave out the garlic?
> No.
> C: You can. It will know.

What would you serve with it?
> C: Bread. Always bread.

I am in a country without half of these. Any substitutes?
> C: Tell me which half.
>> All of the green ones.

My kitchen smells of it and the neighbours have asked.
`

export const ABOUT_MAKING = `
What thickness do you start from?
> C: A touch more than looks right.

Mine cracked at exactly that point.
> C: Too fast. Give it a day longer than you can bear.

My hands hurt just from looking, and I want one.

How do you sharpen yours?
> C: Little and often.

First one finished thanks to you! It is ugly and I love it.
> C: Send a picture. Ugly ones are the ones that get used.
> I would like to see it too.
`

export const ABOUT_BODIES = `
Week two. I can reach my socks.
> C: Tell me when you get to the floor.

Did it on the office carpet. A colleague joined. We do not speak of it.

What if one side is much stiffer than the other?
> C: Then that side goes first and gets one more breath.

Stopped when it felt close, as told. It worked.
`

/** Under posts in another language, by language. */
export const IN_LANGUAGES: Readonly<Record<string, string>> = {
  de: `
Ich sehe nur noch {detail}.

Wie lange hat das gedauert?
> C: Einen Abend. Und drei Monate, bis ich angefangen habe.
>> Das mit den drei Monaten kenne ich.

Danke! Genau das habe ich heute gebraucht.

Das hängt jetzt ausgedruckt in der Küche.
> Bei mir auch.

Gibt es davon mehr?
> C: Bald. Wahrscheinlich am Sonntag.

Meine Mutter lässt fragen, womit du das machst.
> C: Mit Geduld und dem billigsten Werkzeug, das ging.

Beim dritten Mal habe ich erst {detail} bemerkt.

Bitte niemals aufhören.

Great as always, even with my school German.
> C: Danke! Dein Deutsch ist besser als mein Englisch um diese Uhrzeit.
`,
  fr: `
J’adore {detail}.

On reste longtemps devant, merci.

Combien de temps pour arriver à ça ?
> C: Deux soirs, et trois mois à ne pas commencer.
>> Les trois mois, je maîtrise.

Je l’ai fait lire à ma classe : silence complet.
> C: C’est le plus beau des commentaires.

Encore !
> Encore, oui.

Et {detail}, c’était prévu ?
> C: Non. J’ai fait semblant ensuite.

Je reviens le lire tous les matins.

I do not speak French and I understood everything.
> C: Alors c’est réussi.
`,
  es: `
Me quedo con {detail}.

¡Qué maravilla!
> De verdad que sí.

¿Cuánto se tarda en algo así?
> C: Dos tardes. Y tres meses en atreverme.

Lo probé ayer y salió torcido, pero mío.
> C: Torcido y tuyo: perfecto.

Mi abuela dice que así se hacía en su pueblo.
> C: ¿De qué pueblo es?
>> De uno que ya no sale en los mapas.

No me había fijado en {detail} hasta la tercera vez.

¿Habrá una segunda parte?
> C: El jueves.

Learning Spanish with your posts, by the way.
> C: ¡Pues ya vas bien!
`,
  pt: `
Que coisa linda.

Voltei três vezes só por {detail}.

A minha mãe quer a receita, e nem é de comer.
> C: Diz-lhe que já sigo para aí.

Quanto tempo demora?
> C: O tempo de um disco, mais uma semana de coragem.

Fiz em casa. Ficou torto. Adorei.
> C: Torto é que é.

{detail}… sem palavras.

Continua, por favor.
`,
  sv: `
Så fint, och {detail}!

Det här behövde jag idag.

Hur lång tid tog det här?
> C: Två kvällar, och tre månader att våga börja.

Jag visade det för pappa och han blev helt tyst.
> C: Hälsa honom.

Mer sånt här, tack.
`,
  pl: `
Najbardziej podoba mi się {detail}.

Ile to trwało?
> C: Dwa wieczory i trzy miesiące zbierania się.

Piękne. Babcia mówi, że tak się kiedyś robiło.
> C: Babcia ma rację.

Spróbuję w sobotę!
`,
  nl: `
Prachtig, vooral {detail}.

Hoe lang ben je hiermee bezig geweest?
> C: Een maand, en dan nog een week kijken.

Mijn vader heeft er precies zo een gehad.
> C: Rijdt hij nog?
>> De fiets wel.

Dit is waarom ik hier zit.
`,
  it: `
Bellissimo, e {detail}!

Ci passo ogni giorno e non l’avevo mai visto così.
> C: Nemmeno io, prima di sedermi.

Quanto ci hai messo?
> C: Un’ora e due caffè.

Ancora, per favore.
`,
  ja: `
{detail}が素晴らしいです。

静かな気持ちになりました。

何の紙をお使いですか。
> C: 近所の店の、いちばん安い半紙です。

毎朝の楽しみです。
> 私もです。

I cannot read it, but I looked at it for a long time.
> C: それで十分です。
`,
}
