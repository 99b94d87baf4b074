export { apiKeyStoreContract } from './api-key-store.contract.js';
export { banStoreContract } from './ban-store.contract.js';
export { revocationStoreContract } from './revocation-store.contract.js';
export type { StoreContract, StoreContractCase } from './store-contract.js';
export {
  type TestApp,
  TestCredentials,
  type TestPersonalToken,
  type TestUser,
} from './test-credentials.js';
