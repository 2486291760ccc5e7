/* global graphqlWs */
// Two demo people side by side, each with a session, a socket and nothing but the public API.
'use strict'
;(() => {
  const settings = JSON.parse(document.getElementById('settings').textContent)
  const TYPING_FOR_MS = 3_000
  const LOOK_FOR_STREAM_MS = 3_000
  const REFRESH_BEFORE_MS = 30_000
  const CONNECT_AGAIN_MS = 2_000
  /** A connection that died while the machine slept is noticed by whoever writes to it. */
  const PING_EVERY_MS = 20_000

  const MESSAGE = `
    id sequence isOwn createdAt editedAt
    body {
      ... on MessageText { text media { image { url(width: 320) } altText } }
      ... on LockedMessage { teaser price { formatted } }
      ... on MessageTombstone { reason }
    }`
  const DOCUMENTS = {
    login: `mutation ($input: LoginInput!) {
      login(input: $input) {
        accessToken refreshToken expiresAt
        viewer { user { id displayName username accountType } unreadNotificationCount }
        userErrors { message }
      }
    }`,
    refresh: `mutation ($input: RefreshSessionInput!) {
      refreshSession(input: $input) { accessToken refreshToken expiresAt userErrors { message } }
    }`,
    startConversation: `mutation ($userId: ID!) {
      startConversation(input: { userId: $userId }) {
        conversation {
          id lastEventSequence unreadCount
          other { displayName }
          messages(first: 30) { nodes { ${MESSAGE} } }
        }
        userErrors { message }
      }
    }`,
    send: `mutation ($conversationId: ID!, $body: String!, $key: ID!) {
      sendMessage(input: { conversationId: $conversationId, body: $body, idempotencyKey: $key }) {
        message { id }
        userErrors { message }
      }
    }`,
    read: `mutation ($conversationId: ID!, $upTo: BigInt!) {
      markConversationRead(input: { conversationId: $conversationId, upTo: $upTo }) { userErrors { message } }
    }`,
    setTyping: `mutation ($conversationId: ID!, $typing: Boolean!) {
      setTyping(input: { conversationId: $conversationId, typing: $typing }) { userErrors { message } }
    }`,
    liveStreams: `query { liveStreams(first: 20) { nodes { id content { title creator { id } } } } }`,
    schedule: `mutation ($title: String!, $key: ID!) {
      scheduleStream(input: { title: $title, idempotencyKey: $key }) { stream { id } userErrors { message } }
    }`,
    start: `mutation ($streamId: ID!) { startStream(input: { streamId: $streamId }) { stream { id state } userErrors { message } } }`,
    end: `mutation ($streamId: ID!) { endStream(input: { streamId: $streamId }) { stream { id state } userErrors { message } } }`,
    join: `mutation ($streamId: ID!) { joinStream(input: { streamId: $streamId }) { presentUntil userErrors { message } } }`,
    leave: `mutation ($streamId: ID!) { leaveStream(input: { streamId: $streamId }) { userErrors { message } } }`,
    messageReceived: `subscription ($conversationId: ID!, $after: BigInt) {
      messageReceived(conversationId: $conversationId, after: $after) { sequence kind message { ${MESSAGE} } }
    }`,
    typing: `subscription ($conversationId: ID!) { typing(conversationId: $conversationId) { isTyping user { displayName } } }`,
    presence: `subscription ($conversationId: ID!) { presence(conversationId: $conversationId) { status } }`,
    conversationUpdated: `subscription { conversationUpdated { id unreadCount otherReadUpTo } }`,
    notificationReceived: `subscription {
      notificationReceived { sequence notification { title text } }
    }`,
    streamViewerCount: `subscription ($streamId: ID!) {
      streamViewerCount(streamId: $streamId) { viewerCount peakViewerCount }
    }`,
  }

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties)
    made.append(...children)
    return made
  }

  class Person {
    constructor(email) {
      this.email = email
      this.session = null
      this.refreshing = null
      this.conversationId = null
      this.streamId = null
      this.isWatching = false
      this.typingUntil = 0
      this.unread = 0
      this.readUpTo = null
      this.messages = new Map()
      this.build()
    }

    build() {
      this.name = element('span', { className: 'name', textContent: this.email })
      this.role = element('span', { className: 'role' })
      this.bell = element('span', { className: 'bell', textContent: '🔔 0' })
      this.other = element('p', { className: 'other' })
      this.list = element('ol', { className: 'messages' })
      this.input = element('input', { placeholder: 'Say something', maxLength: 2_000, required: true })
      this.form = element('form', {}, this.input, element('button', { textContent: 'Send' }))
      this.streamTitle = element('span', { className: 'title', textContent: 'Nobody is live.' })
      this.streamButton = element('button', { className: 'toggle', type: 'button', hidden: true })
      this.count = element('span', { className: 'count' })
      this.problem = element('p', { className: 'problem' })
      this.news = element('ul', { className: 'news' })
      this.section = element(
        'section',
        { className: 'person' },
        element('h2', {}, this.name, this.role, this.bell),
        this.other,
        this.list,
        this.form,
        element(
          'div',
          {},
          element('div', { className: 'stream' }, this.streamTitle, this.streamButton, this.count),
          this.problem,
          this.news,
        ),
      )
      this.form.addEventListener('submit', (event) => {
        event.preventDefault()
        void this.attempt(() => this.say())
      })
      this.input.addEventListener('input', () => void this.attempt(() => this.tellTyping()))
      this.streamButton.addEventListener('click', () => void this.attempt(() => this.toggleStream()))
    }

    /** The header of whoever is signed in, with a token that holds for a while yet. */
    async authorization() {
      if (this.session && this.session.expiresAt - Date.now() < REFRESH_BEFORE_MS)
        await (this.refreshing ??= this.refresh())
      return this.bearer()
    }

    bearer() {
      return this.session ? { authorization: `Bearer ${this.session.accessToken}` } : {}
    }

    /** Goes on with the session, or begins another one where that has ended. */
    async refresh() {
      const { refreshToken } = this.session
      try {
        this.keep(await this.send('refresh', { input: { refreshToken } }).catch(() => this.logIn()))
      } finally {
        this.refreshing = null
      }
    }

    logIn() {
      return this.send('login', { input: { email: this.email, password: settings.password } })
    }

    keep({ accessToken, refreshToken, expiresAt }) {
      this.session = { accessToken, refreshToken, expiresAt: Date.parse(expiresAt) }
    }

    async ask(name, variables = {}) {
      return await this.send(name, variables, await this.authorization())
    }

    /** Sends one operation; answers its data. */
    async send(name, variables, headers = {}) {
      const response = await fetch(settings.endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json',
          ...headers,
        },
        body: JSON.stringify({ query: DOCUMENTS[name], variables }),
      })
      const { data, errors } = await response.json()
      const payload = data && Object.values(data)[0]
      const problem = errors?.[0]?.message ?? payload?.userErrors?.[0]?.message
      if (problem) throw new Error(problem)
      return payload
    }

    async attempt(work) {
      try {
        this.problem.textContent = ''
        await work()
      } catch (error) {
        this.problem.textContent = error.message
      }
    }

    subscribe(name, variables, onEvent) {
      return this.socket.subscribe(
        { query: DOCUMENTS[name], variables },
        {
          next: ({ data }) => data && onEvent(data[name]),
          error: (error) => {
            const [first] = Array.isArray(error) ? error : [error]
            this.problem.textContent = `${name}: ${first?.message ?? 'the connection was lost'}`
          },
          complete: () => undefined,
        },
      )
    }

    async signIn() {
      const session = await this.logIn()
      const { viewer } = session
      this.keep(session)
      this.user = viewer.user
      this.name.textContent = viewer.user.displayName
      this.role.textContent = viewer.user.accountType.toLowerCase()
      this.setBell(viewer.unreadNotificationCount)
      this.socket = graphqlWs.createClient({
        url: new URL(settings.endpoint, location.href.replace(/^http/, 'ws')).href,
        // a token that has ended is answered by a close after which it connects again; a failure here would be for good
        connectionParams: () => this.authorization().catch(() => this.bearer()),
        lazy: false,
        keepAlive: PING_EVERY_MS,
        retryAttempts: Infinity,
        retryWait: () => new Promise((resolve) => setTimeout(resolve, CONNECT_AGAIN_MS * (1 + Math.random()))),
      })
    }

    setBell(count) {
      this.unread = count
      this.bell.textContent = `🔔 ${String(count)}`
    }

    async meet(other) {
      const { conversation } = await this.ask('startConversation', { userId: other.user.id })
      this.conversationId = conversation.id
      this.otherName = conversation.other.displayName
      this.creatorId = this.isCreator ? this.user.id : other.user.id
      for (const message of conversation.messages.nodes.toReversed()) this.show(message)
      const of = { conversationId: conversation.id }
      this.subscribe('messageReceived', { ...of, after: conversation.lastEventSequence }, ({ message }) => {
        this.show(message)
        if (!message.isOwn) void this.attempt(() => this.ask('read', { ...of, upTo: message.sequence }))
      })
      this.subscribe('typing', of, ({ isTyping }) => {
        this.isOtherTyping = isTyping
        this.showOther()
      })
      this.subscribe('presence', of, ({ status }) => {
        this.status = status
        this.showOther()
      })
      this.subscribe('conversationUpdated', {}, (updated) => {
        if (updated.id !== conversation.id) return
        this.readUpTo = updated.otherReadUpTo
        for (const { row, message } of this.messages.values()) this.showState(row, message)
      })
      this.subscribe('notificationReceived', {}, ({ notification }) => {
        this.setBell(this.unread + 1)
        this.news.prepend(element('li', { textContent: notification.text || notification.title }))
        void this.lookForStream()
      })
      this.showOther()
    }

    showOther() {
      const there = { ONLINE: 'is here', AWAY: 'is away', OFFLINE: 'is not here' }[this.status]
      this.other.textContent = this.isOtherTyping
        ? `${this.otherName} is typing …`
        : `${this.otherName} ${there ?? 'does not say whether they are here'}`
    }

    show(message) {
      const { text, media = [], teaser, price, reason } = message.body
      const body = text ?? (price ? `🔒 ${teaser ?? ''} ${price.formatted}` : `(${reason.toLowerCase()})`)
      const known = this.messages.get(message.id)
      const row = known?.row ?? element('li', { className: message.isOwn ? 'own' : 'theirs' })
      const pictures = media.flatMap(({ image, altText }) =>
        image ? [element('img', { src: image.url, alt: altText ?? '' })] : [],
      )
      row.replaceChildren(...pictures, element('span', { textContent: body }), element('small'))
      this.messages.set(message.id, { row, message })
      this.showState(row, message)
      if (!known) this.list.append(row)
      this.list.scrollTop = this.list.scrollHeight
    }

    showState(row, { isOwn, sequence, createdAt, editedAt }) {
      const time = new Date(createdAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
      const isRead = isOwn && this.readUpTo != null && BigInt(sequence) <= BigInt(this.readUpTo)
      row.querySelector('small').textContent = `${time}${editedAt ? ' · edited' : ''}${isRead ? ' · read' : ''}`
    }

    async say() {
      const body = this.input.value.trim()
      if (!body) return
      this.input.value = ''
      this.typingUntil = 0
      await this.ask('send', { conversationId: this.conversationId, body, key: crypto.randomUUID() })
      await this.ask('setTyping', { conversationId: this.conversationId, typing: false })
    }

    async tellTyping() {
      if (Date.now() < this.typingUntil) return
      this.typingUntil = Date.now() + TYPING_FOR_MS
      await this.ask('setTyping', { conversationId: this.conversationId, typing: true })
    }

    get isCreator() {
      return this.user.accountType === 'CREATOR'
    }

    async lookForStream() {
      const { nodes } = await this.ask('liveStreams')
      const ofTheTwo = nodes.find(({ content }) => content.creator.id === this.creatorId)
      // a creator has their own in hand; a fan watches what there is
      this.follow(ofTheTwo ?? (this.isCreator ? null : nodes[0]) ?? null)
    }

    follow(stream) {
      if ((stream?.id ?? null) !== this.streamId) {
        this.endCount?.()
        this.endCount = null
        this.count.textContent = ''
        this.isWatching = false
        this.streamId = stream?.id ?? null
        if (stream)
          this.endCount = this.subscribe('streamViewerCount', { streamId: stream.id }, ({ viewerCount }) => {
            this.count.textContent = `👁 ${String(viewerCount)}`
          })
      }
      this.streamTitle.textContent = stream ? `Live: ${stream.content.title}` : 'Nobody is live.'
      this.showButton()
    }

    showButton() {
      const text = this.isCreator
        ? this.streamId
          ? 'End'
          : 'Go live'
        : this.streamId && (this.isWatching ? 'Leave' : 'Watch')
      this.streamButton.hidden = !text
      this.streamButton.textContent = text ?? ''
    }

    async toggleStream() {
      if (this.isCreator && this.streamId) await this.ask('end', { streamId: this.streamId })
      else if (this.isCreator) {
        const { stream } = await this.ask('schedule', { title: 'Studio, live', key: crypto.randomUUID() })
        await this.ask('start', { streamId: stream.id })
      } else {
        await this.ask(this.isWatching ? 'leave' : 'join', { streamId: this.streamId })
        this.isWatching = !this.isWatching
        this.showButton()
        return
      }
      await this.lookForStream()
    }
  }

  async function begin() {
    const people = settings.people.map((email) => new Person(email))
    const [one, other] = people
    document.querySelector('main').append(...people.map(({ section }) => section))
    await Promise.all(people.map((person) => person.attempt(() => person.signIn())))
    await one.attempt(() => one.meet(other))
    await other.attempt(() => other.meet(one))
    await Promise.all(people.map((person) => person.attempt(() => person.lookForStream())))
    setInterval(
      () => people.forEach((person) => void person.lookForStream().catch(() => undefined)),
      LOOK_FOR_STREAM_MS,
    )
    document.body.dataset.ready = 'yes'
  }

  void begin()
})()
