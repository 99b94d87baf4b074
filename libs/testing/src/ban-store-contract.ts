import type { BanStore } from '@portcullis/auth';
import { banEndingContract } from './ban-ending-contract.js';
import { banForgettingContract } from './ban-forgetting-contract.js';
import { banKeepingContract } from './ban-keeping-contract.js';
import { banListingContract } from './ban-listing-contract.js';
import type { StoreContract } from './store-contract.js';

/** What every {@link BanStore} promises. */
export const banStoreContract: StoreContract<BanStore> = [
  ...banKeepingContract,
  ...banListingContract,
  ...banEndingContract,
  ...banForgettingContract,
];
