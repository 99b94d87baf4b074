import type { SessionStore } from '@portcullis/auth';
import { sessionEndingContract } from './session-ending-contract.js';
import { sessionKeepingContract } from './session-keeping-contract.js';
import { sessionRotationContract } from './session-rotation-contract.js';
import type { StoreContract } from './store-contract.js';

/** What every {@link SessionStore} promises. */
export const sessionStoreContract: StoreContract<SessionStore> = [
  ...sessionKeepingContract,
  ...sessionRotationContract,
  ...sessionEndingContract,
];
