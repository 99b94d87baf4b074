import type { AuditStore } from '@portcullis/auth';
import { auditKeepingContract } from './audit-keeping-contract.js';
import { auditListingContract } from './audit-listing-contract.js';
import type { StoreContract } from './store-contract.js';

/** What every {@link AuditStore} promises. */
export const auditStoreContract: StoreContract<AuditStore> = [
  ...auditKeepingContract,
  ...auditListingContract,
];
