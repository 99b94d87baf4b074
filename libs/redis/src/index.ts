export type { RedisConnection } from './redis-connection.js';
export { redisKeyPrefix } from './key-prefix.js';
export { RedisFailure } from './redis-failure.js';
export { type RedisChangeFeedOptions, redisChangeFeed } from './redis-change-feed.js';
export { type RedisLimiterOptions, redisLimiter } from './redis-limiter.js';
export { type RedisReplaySetOptions, redisReplaySet } from './redis-replay-set.js';
export { type RedisStorageOptions, redis } from './redis.js';
