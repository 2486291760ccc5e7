/** What both servers answer with; a front end's page of one creator, as a signed-in person sees it. */
export const PROFILE_PAGE = /* GraphQL */ `
  query ProfilePage($username: String!) {
    user(username: $username) {
      id
      username
      displayName
      accountType
      isDeleted
      isAgeVerified
      subscriptionPrice {
        amountMinor
        currency
        formatted
      }
      createdAt
      viewerIsSelf
      viewerCanSetStatus {
        isAllowed
        reason
      }
      profile {
        bio
        website
        socialLinks {
          platform
          url
        }
        categories
        characteristics
        location {
          countryCode
          region
          city
        }
        age
        version
        updatedAt
      }
    }
  }
`
