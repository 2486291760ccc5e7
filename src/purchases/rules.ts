import { isSignedIn } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    purchaseContent: isSignedIn,
  },
}

/** Whether `viewer` may see somebody's purchase. */
export const canSeePurchase = (
  viewer: { readonly userId: string } | null,
  isStaff: boolean,
  { buyerId }: { readonly buyerId: string },
): boolean => isStaff || (viewer !== null && viewer.userId === buyerId)
